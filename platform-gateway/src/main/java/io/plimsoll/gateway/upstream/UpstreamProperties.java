package io.plimsoll.gateway.upstream;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// How long services are waited for, and how much passes.
///
/// @param connectTimeout for a connection to an instance
/// @param headTimeout for the head of an ordinary answer, and then between its parts
/// @param streamHeadTimeout for the head of a stream
/// @param longPollTimeout for the head of a long poll, which waits 20 s for an event
/// @param sendTimeout for a whole request to be sent and its answer to begin
/// @param streamSilence a stream on which nothing came for so long is ended; services send a
///   heartbeat every 15 s
/// @param bodyLimit of a request
/// @param replayLimit bodies up to this are held, so that they can be sent to a second instance
/// @param connections to one instance for ordinary requests; as many for bodies that pass through,
///   and as many that wait for clients to read. Streams and long polls have their own, bounded by
///   the policies
/// @param concurrencyMin ordinary requests that a service is given at a time, at least
/// @param concurrencyMax and at most; between them what it answers without getting slower
/// @param awayMin how long an instance that failed once is passed over; it doubles each time
/// @param awayMax and the longest
/// @param drain over how long, at shutdown, open streams are ended and open connections served
@Validated
@ConfigurationProperties("plimsoll.gateway.upstream")
record UpstreamProperties(
    @DefaultValue("1s") Duration connectTimeout,
    @DefaultValue("10s") Duration headTimeout,
    @DefaultValue("5s") Duration streamHeadTimeout,
    @DefaultValue("35s") Duration longPollTimeout,
    @DefaultValue("60s") Duration sendTimeout,
    @DefaultValue("45s") Duration streamSilence,
    @DefaultValue("1MB") DataSize bodyLimit,
    @DefaultValue("64KB") DataSize replayLimit,
    @DefaultValue("1000") @Positive int connections,
    @DefaultValue("64") @Positive int concurrencyMin,
    @DefaultValue("10000") @Positive int concurrencyMax,
    @DefaultValue("1s") Duration awayMin,
    @DefaultValue("10s") Duration awayMax,
    @DefaultValue("5s") Duration drain) {}
