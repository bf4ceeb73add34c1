package io.plimsoll.chat.room;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A room as REST and events show it.
///
/// @param createdBy who may change it beside the tenant; null if the tenant made it
/// @param custom a JSON object
/// @param deletedAt only in `room.deleted` and in the snapshot of a user who is being removed
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Room(
    String id,
    String name,
    @JsonProperty("private") boolean isPrivate,
    @Nullable String createdBy,
    @JsonRawValue @Nullable String custom,
    Instant createdAt,
    @Nullable Instant updatedAt,
    @Nullable Instant deletedAt) {}
