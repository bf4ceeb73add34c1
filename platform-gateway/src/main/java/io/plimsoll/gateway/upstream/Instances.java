package io.plimsoll.gateway.upstream;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The instances of one service, taken in turn; those that failed lately are passed over.
final class Instances {

  private final List<Instance> all;
  private final AtomicInteger next = new AtomicInteger();

  Instances(List<Instance> all) {
    this.all = List.copyOf(all);
  }

  List<Instance> all() {
    return all;
  }

  /// The next to try, or null when there is none left. If all failed lately, a first try still goes
  /// to the one that has been passed over longest: a refusal costs nothing, and it may be back.
  @Nullable Instance choose(Set<Instance> tried) {
    int start = next.getAndIncrement();
    Instance longest = null;
    for (int i = 0; i < all.size(); i++) {
      Instance candidate = all.get(Math.floorMod(start + i, all.size()));
      if (tried.contains(candidate)) {
        continue;
      }
      if (candidate.claim()) {
        return candidate;
      }
      if (longest == null || candidate.pause() < longest.pause()) {
        longest = candidate;
      }
    }
    return tried.isEmpty() ? longest : null;
  }
}
