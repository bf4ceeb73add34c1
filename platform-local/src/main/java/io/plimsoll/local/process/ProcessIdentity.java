package io.plimsoll.local.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A process id together with when it started, which tells a process from another that was later
/// given the same id.
///
/// Linux: clock ticks since boot, as the kernel holds them, with the boot's own id; the JDK's start
/// instant is derived from the wall clock there and differs from JVM to JVM. Elsewhere: that
/// instant.
///
/// @param start opaque, without spaces
public record ProcessIdentity(long pid, String start) {

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final boolean PROC = Files.isReadable(BOOT);
  private static final int STATE = 0;
  private static final int START_TIME = 19;

  /// The living process of that id, if there is one.
  public static Optional<ProcessIdentity> of(long pid) {
    if (PROC) {
      return ofProc(pid);
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .flatMap(handle -> handle.info().startInstant())
        .map(start -> new ProcessIdentity(pid, Long.toString(start.toEpochMilli())));
  }

  /// An adopted process may be nobody's child: dead, it stays in the table as a zombie where the
  /// machine's first process does not reap, and counts as dead here.
  private static Optional<ProcessIdentity> ofProc(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // the command, in parentheses, may hold anything
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      if (fields[STATE].equals("Z") || fields[STATE].equals("X")) {
        return Optional.empty();
      }
      String boot = Files.readString(BOOT).strip();
      return Optional.of(new ProcessIdentity(pid, boot + ":" + fields[START_TIME]));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /// Whether exactly this process runs.
  public boolean alive() {
    return of(pid).filter(this::equals).isPresent();
  }

  /// Sends a signal, if exactly this process still runs.
  public void signal(Signal signal) {
    if (alive()) {
      signal.send(pid);
    }
  }
}
