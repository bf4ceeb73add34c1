package io.plimsoll.chat.user;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// Limits of users.
///
/// @param maxName characters of a name
@Validated
@ConfigurationProperties("plimsoll.chat.users")
record UserLimits(@DefaultValue("200") @Min(1) int maxName) {}
