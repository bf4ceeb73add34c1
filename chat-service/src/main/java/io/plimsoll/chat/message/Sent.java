package io.plimsoll.chat.message;

import io.plimsoll.subscriptions.Position;

/// A message that is there, and where its event stands.
///
/// @param isNew false for a retry
record Sent(Message message, Position position, boolean isNew) {}
