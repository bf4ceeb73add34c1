package io.plimsoll.chat.live;

import java.util.List;

/// Who is in a room, as REST shows it; as an event, who came, is still there, and went.
///
/// @param online for the next 30 s, unless they are named again or named offline
/// @param offline who has no stream of the room open any more
public record Presence(String roomId, List<String> online, List<String> offline) {

  public Presence {
    online = List.copyOf(online);
    offline = List.copyOf(offline);
  }
}
