package io.plimsoll.chat.erasure;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How deleted rooms and users are cleaned up.
///
/// @param check how often a node looks for something to do
/// @param members memberships removed in one transaction, which locks as many topics
/// @param rows messages of deleted rooms removed, or of deleted users looked through, in one
///   transaction
@Validated
@ConfigurationProperties("plimsoll.chat.erasure")
record ErasureSettings(
    @DefaultValue("1s") Duration check,
    @DefaultValue("50") @Min(1) @Max(1_000) int members,
    @DefaultValue("1000") @Min(1) int rows) {}
