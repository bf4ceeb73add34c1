package io.plimsoll.chat.live;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How nodes tell of what is not stored.
///
/// @param announce how often a node says again who is online with it
/// @param gone how long after its last announcement a user is taken for online
/// @param notice how often a node tells of those who came and went
/// @param maxPresent users per room that a node announces, and that `GET …/presence` lists
/// @param unread at least so long between two `unread` of a user and room
/// @param unreadBatch `unread` events that a node sends per interval; the rest comes later
@Validated
@ConfigurationProperties("plimsoll.chat.live")
record LiveSettings(
    @DefaultValue("10s") Duration announce,
    @DefaultValue("30s") Duration gone,
    @DefaultValue("200ms") Duration notice,
    @DefaultValue("1000") @Min(1) @Max(2_000) int maxPresent,
    @DefaultValue("1s") Duration unread,
    @DefaultValue("500") @Min(5) int unreadBatch) {}
