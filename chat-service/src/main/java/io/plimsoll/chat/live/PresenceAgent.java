package io.plimsoll.chat.live;

import io.plimsoll.chat.place.Agent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/// Announces who is in the rooms by way of this node: at once those who came and went, many as one
/// event, and at intervals everybody again.
///
/// Confined to the agent's thread.
@Component
class PresenceAgent extends Agent {

  private static final Logger log = LoggerFactory.getLogger(PresenceAgent.class);

  /// Ids of the greatest length fit into an ephemeral event of 16 KiB.
  private static final int IDS_PER_EVENT = 100;

  private final LocalStreams streams;
  private final PresenceBoard board;
  private final Topics topics;
  private final EventData data;
  private final LiveSettings settings;
  private final Map<Topic, Set<String>> announced = new HashMap<>();

  /// By [System#nanoTime], which no step of the clock moves.
  private long announceAgain = System.nanoTime();

  private boolean boardAway;

  /// Whether the board has failed in this round: it is not waited for once per room.
  private boolean failed;

  PresenceAgent(
      LocalStreams streams,
      PresenceBoard board,
      Topics topics,
      EventData data,
      LiveSettings settings) {
    super("presence", settings.notice());
    this.streams = streams;
    this.board = board;
    this.topics = topics;
    this.data = data;
    this.settings = settings;
  }

  @Override
  protected boolean work() {
    failed = false;
    long now = System.nanoTime();
    if (now - announceAgain >= 0) {
      announceAgain = now + settings.announce().toNanos();
      onBoard(board::alive);
      for (Topic room : streams.rooms()) {
        announce(room, streams.present(room), Set.of());
      }
    }
    for (Topic room : streams.takeChanged()) {
      Set<String> present = streams.present(room);
      Set<String> before = announced.getOrDefault(room, Set.of());
      announce(room, without(present, before), without(before, present));
    }
    return false;
  }

  private static Set<String> without(Set<String> users, Set<String> these) {
    Set<String> rest = new HashSet<>(users);
    rest.removeAll(these);
    return rest;
  }

  private void announce(Topic room, Set<String> online, Set<String> offline) {
    List<String> came = some(online);
    onBoard(() -> board.online(room, came));
    List<String> went = new ArrayList<>();
    if (!offline.isEmpty() && !onBoard(() -> went.addAll(board.offline(room, offline)))) {
      went.addAll(offline); // as far as this node can see
    }
    announced.compute(
        room,
        (_, known) -> {
          Set<String> now = known == null ? new HashSet<>() : known;
          now.addAll(came);
          now.removeAll(offline);
          return now.isEmpty() ? null : now;
        });
    send(room, came, true);
    send(room, went, false);
  }

  /// The first of them, so that the same users are announced each time.
  private List<String> some(Collection<String> users) {
    return users.stream().sorted().limit(settings.maxPresent()).toList();
  }

  private void send(Topic room, List<String> users, boolean online) {
    String id = ChatTopics.name(room);
    for (int from = 0; from < users.size(); from += IDS_PER_EVENT) {
      List<String> some = users.subList(from, Math.min(from + IDS_PER_EVENT, users.size()));
      Presence presence =
          online ? new Presence(id, some, List.of()) : new Presence(id, List.of(), some);
      topics.ephemeral(room, "node/" + board.node(), EventTypes.PRESENCE, data.of(presence));
    }
  }

  /// Does without Redis while it is away.
  private boolean onBoard(Runnable work) {
    if (failed) {
      return false;
    }
    try {
      work.run();
      if (boardAway) {
        boardAway = false;
        log.info("Presence is shared with other nodes again");
      }
      return true;
    } catch (DataAccessException e) {
      failed = true;
      if (!boardAway) {
        boardAway = true;
        log.warn("Redis is away: each node knows only its own presence: {}", e.toString());
      }
      return false;
    }
  }
}
