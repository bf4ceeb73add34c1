package io.plimsoll.chat.message;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A message as REST and events show it.
///
/// @param offset the number of its `message.created`, for good; null only while the event log has
///   still to give it
/// @param parts a JSON array of [Part]s; empty once deleted
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Message(
    @Nullable Long offset,
    String roomId,
    String senderId,
    String clientId,
    @JsonRawValue String parts,
    Instant createdAt,
    @Nullable Instant editedAt,
    @Nullable Instant deletedAt) {

  Message at(long offset) {
    return new Message(offset, roomId, senderId, clientId, parts, createdAt, editedAt, deletedAt);
  }
}
