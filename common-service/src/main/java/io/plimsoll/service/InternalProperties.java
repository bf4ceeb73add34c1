package io.plimsoll.service;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.validation.annotation.Validated;

/// Where the gateways' public keys are.
///
/// @param jwks public JWK set, a `file:` or `http(s):` URL
/// @param refresh how often it is read again
/// @param maxStaleness how long the last set serves while its source is away
@Validated
@ConfigurationProperties("plimsoll.internal")
record InternalProperties(
    @NotNull Resource jwks,
    @DefaultValue("1m") Duration refresh,
    @DefaultValue("15m") Duration maxStaleness) {}
