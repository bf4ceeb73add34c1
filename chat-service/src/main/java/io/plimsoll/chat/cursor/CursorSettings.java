package io.plimsoll.chat.cursor;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How cursors are told of.
///
/// @param interval at least so long between two `cursor.moved` of a user and room
/// @param check how often a node looks for cursors that moved within the interval
@Validated
@ConfigurationProperties("plimsoll.chat.cursors")
record CursorSettings(
    @DefaultValue("1s") Duration interval, @DefaultValue("250ms") Duration check) {}
