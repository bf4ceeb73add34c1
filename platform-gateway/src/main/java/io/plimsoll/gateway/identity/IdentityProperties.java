package io.plimsoll.gateway.identity;

import jakarta.validation.constraints.NotNull;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What internal tokens are made with.
///
/// @param internalKeys private JWK set that all gateways share, a `file:` URL: the first key signs,
///   all are published. There is no default.
/// @param internalCache heap for internal tokens
@Validated
@ConfigurationProperties("plimsoll.gateway")
record IdentityProperties(
    @NotNull Resource internalKeys, @DefaultValue("16MB") DataSize internalCache) {}
