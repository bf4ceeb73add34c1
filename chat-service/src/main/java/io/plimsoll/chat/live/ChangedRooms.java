package io.plimsoll.chat.live;

import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.ZSetOperations.TypedTuple;
import org.springframework.stereotype.Component;

/// Rooms whose messages changed lately, on any node: what says that `unread` may have changed.
///
/// Nodes tell each other by a sorted set in Redis, room -> when, of which each reads the last
/// seconds; no connection has to be kept for it, and nodes' clocks may differ by that much. With
/// Redis away a node knows of its own changes only.
@Component
class ChangedRooms {

  private static final String KEY = "chat:changed";

  private static final int MOST_UNTOLD = 10_000;

  private static final Duration READ = Duration.ofSeconds(10);

  /// A room in which something was sent or deleted.
  record Changed(String tenant, long room) {

    String entry() {
      return tenant + "/" + room;
    }

    static Changed of(String entry) {
      int slash = entry.indexOf('/');
      return new Changed(entry.substring(0, slash), Long.parseLong(entry.substring(slash + 1)));
    }
  }

  private final StringRedisTemplate redis;
  private final Clock clock;
  private final Set<Changed> here = ConcurrentHashMap.newKeySet();

  /// What other nodes could not be told while Redis was away, confined to the agent's thread.
  private final Set<Changed> untold = new HashSet<>();

  /// What was read last, confined to the agent's thread.
  private Map<String, Double> known = new HashMap<>();

  ChangedRooms(StringRedisTemplate redis, Clock clock) {
    this.redis = redis;
    this.clock = clock;
  }

  void add(String tenant, long room) {
    here.add(new Changed(tenant, room));
  }

  /// As if they had changed just now.
  void addAll(Collection<Changed> again) {
    here.addAll(again);
  }

  /// Rooms that changed on this node since the last call.
  Set<Changed> takeHere() {
    Set<Changed> taken = new HashSet<>(here);
    here.removeAll(taken);
    return taken;
  }

  /// Tells the other nodes, and answers what they told since the last call.
  Set<Changed> exchange(Collection<Changed> mine) {
    double now = clock.millis();
    if (untold.size() < MOST_UNTOLD) {
      untold.addAll(mine);
    }
    if (!untold.isEmpty()) {
      Set<TypedTuple<String>> entries = new HashSet<>();
      untold.forEach(each -> entries.add(TypedTuple.of(each.entry(), now)));
      redis.opsForZSet().add(KEY, entries);
      untold.clear();
    }
    redis.opsForZSet().removeRangeByScore(KEY, 0, now - 2 * READ.toMillis());
    Set<TypedTuple<String>> recent =
        redis.opsForZSet().rangeByScoreWithScores(KEY, now - READ.toMillis(), Double.MAX_VALUE);
    Map<String, Double> read = new HashMap<>();
    Set<Changed> changed = new HashSet<>();
    if (recent != null) {
      for (TypedTuple<String> each : recent) {
        String entry = each.getValue();
        Double at = each.getScore();
        if (entry != null && at != null) {
          read.put(entry, at);
          if (!at.equals(known.get(entry))) {
            changed.add(Changed.of(entry));
          }
        }
      }
    }
    known = read;
    return changed;
  }
}
