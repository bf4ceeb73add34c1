package io.plimsoll.gateway.call;

import java.util.HashMap;
import java.util.Map;

/// A bounded quantity that many hold parts of: nobody gets more than is left for all others. So one
/// alone can have half, and there is always something for the next.
///
/// After the dynamic thresholds of Choudhury and Hahne ([IEEE/ACM Transactions on Networking 6(2),
/// 1998](https://doi.org/10.1109/90.664262)), with a factor of 1.
public final class Shares {

  private final long most;
  private final Map<String, Long> byHolder = new HashMap<>();
  private long taken;

  /// Nothing is taken yet.
  ///
  /// @param most of it there is
  public Shares(long most) {
    this.most = most;
  }

  /// Takes some, or nothing.
  ///
  /// @return false where there is not so much, or where less would be left than the holder has
  public synchronized boolean take(String holder, long amount) {
    long his = byHolder.getOrDefault(holder, 0L);
    if (his > most - taken - amount) {
      return false;
    }
    byHolder.put(holder, his + amount);
    taken += amount;
    return true;
  }

  /// Gives back what was taken.
  public synchronized void give(String holder, long amount) {
    taken -= amount;
    byHolder.computeIfPresent(holder, (_, his) -> his == amount ? null : his - amount);
  }

  /// How much of it is held.
  public synchronized long taken() {
    return taken;
  }
}
