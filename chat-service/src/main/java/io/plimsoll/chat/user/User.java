package io.plimsoll.chat.user;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A user as REST shows them.
///
/// @param createdAt when first named
/// @param updatedAt when the profile was last set
/// @param deletedAt only in `user.deleted`
@JsonInclude(JsonInclude.Include.NON_NULL)
public record User(
    String id,
    @Nullable String name,
    @JsonRawValue @Nullable String custom,
    Instant createdAt,
    @Nullable Instant updatedAt,
    @Nullable Instant deletedAt) {}
