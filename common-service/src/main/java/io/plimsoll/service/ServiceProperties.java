package io.plimsoll.service;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// What a service says about itself.
///
/// @param name the audience of its internal tokens and the first half of its scopes: `chat`
/// @param publicPaths path patterns open to anyone, with no token
/// @param anyScopePaths path patterns open to every caller the gateway vouches for, whatever the
///   scopes
/// @param cachedTokens how many verified tokens are remembered, about 2 KiB each
@Validated
@ConfigurationProperties("plimsoll.service")
record ServiceProperties(
    @NotBlank String name,
    @DefaultValue List<String> publicPaths,
    @DefaultValue List<String> anyScopePaths,
    @DefaultValue("10000") @Positive int cachedTokens) {}
