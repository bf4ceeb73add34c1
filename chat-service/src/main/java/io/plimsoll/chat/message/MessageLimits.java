package io.plimsoll.chat.message;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// Limits of messages.
///
/// @param maxParts parts of a message
/// @param maxPart content of a part, in UTF-8
/// @param maxSize of all parts as JSON in UTF-8; less than the event log's largest event by 2 KiB
/// @param maxPage of all parts in a page; the message that passes it is its last
/// @param maxEdits of one message; each is remembered, to be redacted with the message
@Validated
@ConfigurationProperties("plimsoll.chat.messages")
record MessageLimits(
    @DefaultValue("10") @Min(1) int maxParts,
    @DefaultValue("64KB") DataSize maxPart,
    @DefaultValue("192KB") DataSize maxSize,
    @DefaultValue("1MB") DataSize maxPage,
    @DefaultValue("1000") @Min(0) int maxEdits) {}
