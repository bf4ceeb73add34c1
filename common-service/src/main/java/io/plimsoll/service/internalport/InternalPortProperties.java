package io.plimsoll.service.internalport;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/// Whether a service has an internal port, and for which operators.
///
/// @param enabled whether components marked [InternalPort] are served beside Actuator's
/// @param adminTokens operators' tokens, one a line, at least 32 bytes each, at most two. A secret:
///   no default
@ConfigurationProperties("plimsoll.internal-port")
record InternalPortProperties(
    @DefaultValue("false") boolean enabled, @Nullable Resource adminTokens) {}
