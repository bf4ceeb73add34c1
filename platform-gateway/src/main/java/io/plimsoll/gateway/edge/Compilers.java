package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.worker.Priority;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Lets the JVM's optimizing compiler, C2, stand back behind requests, once most of the work is
/// done.
///
/// HotSpot compiles for many minutes, and on a core that it shares with an event loop each late
/// compilation holds requests up for some milliseconds. At first all its threads have the loop's
/// weight, so that a new gateway soon is fast; when they have worked for a while and want little
/// more, C2 gets a tenth of it. With much less, what is compiled again because it turned out
/// otherwise would stay slow for seconds on a core that has no time left. C1 keeps its weight: its
/// compilations are short, and end what would be interpreted.
///
/// Linux only.
final class Compilers implements SmartLifecycle {

  /// Processor time that they have used by then; a start alone takes four to six seconds.
  static final Duration HEAD_START = Duration.ofSeconds(8);

  /// Of which they have used less than this in the last [#INTERVAL].
  static final Duration LITTLE = Duration.ofSeconds(2);

  /// By so much: weight 110 to the 1024 of others.
  static final int NICE = 10;

  private static final Logger log = LoggerFactory.getLogger(Compilers.class);
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  /// Of utime and stime: USER_HZ, which is 100 on all of Linux.
  private static final int TICKS = 100;

  /// A thread of a compiler, as /proc/self/task/[tid]/stat shows it (proc_pid_stat(5)).
  record Compiler(int id, String name, Duration used, int nice) {

    private boolean optimizes() {
      return name.startsWith("C2");
    }
  }

  private final Duration headStart;
  private final Duration little;
  private Duration before = Duration.ZERO;
  private @Nullable Thread thread;

  /// @param headStart processor time of both compilers, before C2 stands back
  /// @param little how much of it between two looks is little
  Compilers(Duration headStart, Duration little) {
    this.headStart = headStart;
    this.little = little;
  }

  @Override
  public void start() {
    if (Priority.IS_KNOWN) {
      thread = Thread.ofPlatform().daemon().name("compilers").start(this::watch);
    }
  }

  private void watch() {
    try {
      do {
        Thread.sleep(INTERVAL);
      } while (!standBack());
    } catch (InterruptedException _) {
      // the end
    } catch (IOException | RuntimeException | LinkageError e) {
      log.warn("The JVM's compilers keep their priority: {}", e.toString());
    }
  }

  /// Lowers C2 if it is time, for it is to be lowered once. Threads that the JVM adds later are
  /// started by a compiler's, and have its priority.
  ///
  /// @return whether it was time
  boolean standBack() throws IOException {
    List<Compiler> all = all();
    Duration used = all.stream().map(Compiler::used).reduce(Duration.ZERO, Duration::plus);
    boolean satisfied = used.minus(before).compareTo(little) < 0;
    before = used;
    boolean due = satisfied && used.compareTo(headStart) >= 0;
    if (due) {
      all.stream()
          .filter(Compiler::optimizes)
          .forEach(compiler -> Priority.lower(compiler.id(), NICE));
    }
    return due;
  }

  static List<Compiler> all() throws IOException {
    List<Compiler> found = new ArrayList<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Priority.THREADS)) {
      for (Path each : threads) {
        String stat;
        try {
          stat = Files.readString(each.resolve("stat"));
        } catch (IOException _) {
          continue; // it has ended
        }
        int end = stat.lastIndexOf(')');
        String name = stat.substring(stat.indexOf('(') + 1, end);
        if (name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler")) {
          String[] fields = stat.substring(end + 2).split(" ", -1);
          long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
          found.add(
              new Compiler(
                  Integer.parseInt(each.getFileName().toString()),
                  name,
                  Duration.ofMillis(ticks * 1000 / TICKS),
                  Integer.parseInt(fields[16])));
        }
      }
    }
    return found;
  }

  @Override
  public void stop() {
    if (thread != null) {
      thread.interrupt();
      thread = null;
    }
  }

  @Override
  public boolean isRunning() {
    return thread != null;
  }
}
