package io.plimsoll.chat.live;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.subscriptions.StreamListener;
import io.plimsoll.subscriptions.Topic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Which users have event streams open on this node, by topic. The tenant's own streams are
/// nobody's presence and are left out.
@Component
class LocalStreams implements StreamListener {

  private final ConcurrentMap<Topic, Set<String>> rooms = new ConcurrentHashMap<>();

  /// Users who follow their own topic.
  private final Set<Topic> users = ConcurrentHashMap.newKeySet();

  /// Rooms where somebody came or went since they were last taken.
  private final Set<Topic> changed = ConcurrentHashMap.newKeySet();

  /// Users who came back to their own topic since they were last taken, and may not know what is
  /// unread.
  private final Set<Topic> returned = ConcurrentHashMap.newKeySet();

  @Override
  public void opened(Topic topic, String subscriber) {
    String user = ChatTopics.subscriberUser(subscriber);
    if (user == null) {
      return;
    }
    if (ChatTopics.isRoom(topic)) {
      rooms.compute(topic, (_, present) -> with(present, user));
      changed.add(topic);
    } else {
      users.add(topic);
    }
  }

  private static Set<String> with(@Nullable Set<String> present, String user) {
    Set<String> now = present == null ? ConcurrentHashMap.newKeySet() : present;
    now.add(user);
    return now;
  }

  @Override
  public void closed(Topic topic, String subscriber) {
    String user = ChatTopics.subscriberUser(subscriber);
    if (user == null) {
      return;
    }
    if (ChatTopics.isRoom(topic)) {
      rooms.computeIfPresent(
          topic,
          (_, present) -> {
            present.remove(user);
            return present.isEmpty() ? null : present;
          });
      changed.add(topic);
    } else {
      users.remove(topic);
    }
  }

  @Override
  public void caughtUp(Topic topic, String subscriber) {
    if (!ChatTopics.isRoom(topic)) {
      returned.add(topic);
    }
  }

  /// Some of the users who came back to their own topic.
  Collection<Topic> takeReturned(int most) {
    List<Topic> taken = returned.stream().limit(most).toList();
    taken.forEach(returned::remove);
    return taken;
  }

  /// Has them taken once more.
  void returned(Collection<Topic> again) {
    returned.addAll(again);
  }

  /// Who is in the room by way of this node.
  Set<String> present(Topic room) {
    return Set.copyOf(rooms.getOrDefault(room, Set.of()));
  }

  Collection<Topic> rooms() {
    return List.copyOf(rooms.keySet());
  }

  Collection<Topic> users() {
    return List.copyOf(users);
  }

  /// Rooms where somebody came or went; each is told once.
  Collection<Topic> takeChanged() {
    List<Topic> taken = new ArrayList<>();
    for (Topic room : new HashSet<>(changed)) {
      changed.remove(room); // before its users are read, so that nothing is missed
      taken.add(room);
    }
    return taken;
  }

  /// Has the room told of once more.
  void changed(Topic room) {
    changed.add(room);
  }
}
