package io.plimsoll.local;

import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.Signal;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// Processes whose supervisor was killed.
final class Leftovers {

  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Duration TICK = Duration.ofMillis(50);

  private Leftovers() {}

  /// Ends them together, cleanly if they do so in time, and forgets them.
  static void end(DataDirectory data, List<RunFile.Entry> entries, Consumer<String> narrator)
      throws InterruptedException {
    for (RunFile.Entry entry : entries) {
      if (entry.identity().alive()) {
        narrator.accept("ending " + entry.name() + ", which an earlier run left");
        entry.identity().signal(entry.stop());
      }
    }
    for (RunFile.Entry entry : entries) {
      if (!gone(entry.identity(), PATIENCE)) {
        narrator.accept(entry.name() + " did not end and is killed");
        entry.identity().signal(Signal.KILL);
        gone(entry.identity(), PATIENCE);
      }
      data.runFile(entry.name()).delete();
    }
  }

  /// True once the process is gone, false when it still runs after `limit`.
  static boolean gone(ProcessIdentity identity, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (identity.alive()) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      Thread.sleep(TICK);
    }
    return true;
  }
}
