package io.plimsoll.chat.live;

/// Who is typing in a room; the event's data.
record Typing(String roomId, String userId) {}
