package io.plimsoll.chat.live;

import io.plimsoll.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.ZSetOperations;
import org.springframework.data.redis.core.ZSetOperations.TypedTuple;
import org.springframework.stereotype.Component;

/// Where nodes tell each other who is online with them: Redis, and nothing is lost with it but the
/// sight of other nodes' users until they announce them again.
///
/// ```
/// chat:nodes                 sorted set: node -> alive until
/// chat:presence:{hash}       sorted set per room: user/node -> online until
/// ```
@Component
class PresenceBoard {

  private static final String NODES = "chat:nodes";
  private static final String ROOM = "chat:presence:";

  private final StringRedisTemplate redis;
  private final LiveSettings settings;
  private final Clock clock;
  private final String node = UUID.randomUUID().toString();

  PresenceBoard(StringRedisTemplate redis, LiveSettings settings, Clock clock) {
    this.redis = redis;
    this.settings = settings;
    this.clock = clock;
  }

  String node() {
    return node;
  }

  /// This node is alive.
  void alive() {
    double now = clock.millis();
    redis.opsForZSet().add(NODES, node, now + settings.gone().toMillis());
    redis.opsForZSet().removeRangeByScore(NODES, 0, now);
  }

  /// These users are online with this node.
  void online(Topic room, Collection<String> users) {
    if (users.isEmpty()) {
      return;
    }
    double until = clock.millis() + settings.gone().toMillis();
    Set<TypedTuple<String>> entries = new HashSet<>();
    users.forEach(user -> entries.add(TypedTuple.of(entry(user, node), until)));
    redis.opsForZSet().add(key(room), entries);
    redis.expire(key(room), settings.gone().multipliedBy(2));
  }

  /// These users are no longer online with this node.
  ///
  /// @return those who are not online with another one either
  List<String> offline(Topic room, Collection<String> users) {
    ZSetOperations<String, String> sets = redis.opsForZSet();
    String key = key(room);
    double now = clock.millis();
    sets.remove(key, users.stream().map(user -> entry(user, node)).toArray());
    sets.removeRangeByScore(key, 0, now);
    Set<String> nodes =
        Objects.requireNonNullElse(sets.rangeByScore(NODES, now, Double.MAX_VALUE), Set.of());
    List<String> gone = new ArrayList<>();
    for (String user : users) {
      Object[] elsewhere =
          nodes.stream()
              .filter(each -> !each.equals(node))
              .map(each -> entry(user, each))
              .toArray();
      List<Double> scores = elsewhere.length == 0 ? List.of() : sets.score(key, elsewhere);
      if (scores == null || scores.stream().allMatch(Objects::isNull)) {
        gone.add(user);
      }
    }
    return gone;
  }

  /// Who is online with any node that could say so.
  Set<String> online(Topic room) {
    Set<String> entries =
        redis
            .opsForZSet()
            .rangeByScore(
                key(room),
                (double) clock.millis(),
                Double.MAX_VALUE,
                0,
                2L * settings.maxPresent());
    Set<String> users = new HashSet<>();
    if (entries != null) {
      entries.forEach(entry -> users.add(entry.substring(0, entry.indexOf('/'))));
    }
    return users;
  }

  private static String entry(String user, String node) {
    return user + "/" + node;
  }

  private static String key(Topic room) {
    return ROOM + hash(room.key());
  }

  /// Keys hold no text of clients.
  static String hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
