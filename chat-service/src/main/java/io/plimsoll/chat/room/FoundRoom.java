package io.plimsoll.chat.room;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topic;
import org.jspecify.annotations.Nullable;

/// A room that the caller may read.
///
/// @param number tells it from rooms that bore its id before
/// @param createdBy null also once its creator is deleted
/// @param member whether the user asked about is a member
public record FoundRoom(
    String tenant,
    long number,
    String id,
    boolean isPrivate,
    @Nullable String createdBy,
    boolean member) {

  public Topic topic() {
    return ChatTopics.room(tenant, id, number);
  }

  /// Its creator and the tenant's own token may change it and add or remove others.
  boolean changeableBy(Caller caller) {
    return caller.user() == null || caller.user().equals(createdBy);
  }
}
