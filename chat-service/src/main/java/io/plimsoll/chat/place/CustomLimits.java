package io.plimsoll.chat.place;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// Limits of `custom` objects.
///
/// @param maxSize of one, as compact JSON in UTF-8
@Validated
@ConfigurationProperties("plimsoll.chat.custom")
record CustomLimits(@DefaultValue("4KB") DataSize maxSize) {}
