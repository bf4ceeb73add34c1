package io.plimsoll.auth;

import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/// Deletes what no longer matters, some rows at a time, each time in a transaction of its own. In
/// one statement a large backlog would run into the time-out of statements at every attempt, and
/// nothing would ever be gone. What another instance deletes at the moment is passed over.
public final class Purge {

  /// At a millisecond a row, which takes a slow disk, a statement still ends within its 10 s.
  private static final int ROWS = 10_000;

  private Purge() {}

  /// Until nothing is left, or a statement fails; what was deleted by then stays so.
  ///
  /// @param delete deletes at most `:rows` rows and skips locked ones; never in a transaction of
  ///   the caller's
  public static void all(StatementSpec delete) {
    StatementSpec some = delete.param("rows", ROWS);
    int gone;
    do {
      gone = some.update();
    } while (gone == ROWS);
  }
}
