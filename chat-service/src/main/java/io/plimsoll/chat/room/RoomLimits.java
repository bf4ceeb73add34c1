package io.plimsoll.chat.room;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// Limits of rooms.
///
/// @param maxName characters of a name
/// @param maxInitialMembers entries of `memberIds` when a room is made
/// @param maxMembers members of a room
/// @param maxRoomsPerUser rooms that a user is a member of; bounds the user's snapshot
/// @param snapshotMessages messages in a room's snapshot
@Validated
@ConfigurationProperties("plimsoll.chat.rooms")
public record RoomLimits(
    @DefaultValue("200") @Min(1) int maxName,
    @DefaultValue("100") @Min(0) int maxInitialMembers,
    @DefaultValue("10000") @Min(1) int maxMembers,
    @DefaultValue("1000") @Min(1) int maxRoomsPerUser,
    @DefaultValue("50") @Min(1) int snapshotMessages) {}
