package io.plimsoll.chat.live;

import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topic;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.dao.DataAccessException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

@RestController
class PresenceController {

  private final RoomAccess access;
  private final PresenceBoard board;
  private final LocalStreams streams;
  private final LiveSettings settings;

  PresenceController(
      RoomAccess access, PresenceBoard board, LocalStreams streams, LiveSettings settings) {
    this.access = access;
    this.board = board;
    this.streams = streams;
    this.settings = settings;
  }

  /// Who is in the room now, as far as this node knows: with Redis away, those with streams on this
  /// node.
  @GetMapping(path = "/chat/v1/rooms/{room}/presence", produces = MediaType.APPLICATION_JSON_VALUE)
  Presence presence(Caller caller, @PathVariable String room) {
    return access.read(caller, room, found -> presence(found.topic(), room));
  }

  private Presence presence(Topic topic, String room) {
    Set<String> online = new TreeSet<>(streams.present(topic));
    try {
      online.addAll(board.online(topic));
    } catch (DataAccessException _) {
      // logged by the agent
    }
    return new Presence(room, online.stream().limit(settings.maxPresent()).toList(), List.of());
  }
}
