package io.plimsoll.local;

import io.plimsoll.local.process.ProcessIdentity;
import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.process.RunFile.State;
import io.plimsoll.local.process.Signal;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// The long-lived process: brings the platform up, then waits for the signal to take it down.
final class Supervision {

  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private final DataDirectory data;
  private final Platform platform;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch asked = new CountDownLatch(1);

  Supervision(Options options, Path root) {
    this.data = options.data();
    this.platform = new Platform(data, root, options, Supervision::narrate);
  }

  private static void narrate(String line) {
    System.out.println(LocalTime.now(ZoneId.systemDefault()).format(CLOCK) + " " + line);
  }

  /// Supervises until a signal asks for the end, and returns the exit code.
  int run() throws Exception {
    Optional<FileLock> lock = data.lock();
    if (lock.isEmpty()) {
      narrate("another supervisor is at work in " + data.path());
      return 1;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(this::stopFromHook, "stop"));
    write(State.STARTING);
    try {
      platform.start();
    } catch (Throwable e) { // errors too, or processes would be kept alive that nobody waits for
      if (asked.getCount() > 0) {
        fail(e);
      }
      return 1;
    }
    write(State.READY);
    stopped.await();
    return 0;
  }

  private static void fail(Throwable e) {
    narrate("failed: " + (e instanceof StartFailedException ? e.getMessage() : e.toString()));
    if (!(e instanceof StartFailedException)) {
      e.printStackTrace(System.out);
    }
  }

  /// Runs on a signal and at the end of [#run] alike; the JVM ends when it returns.
  private void stopFromHook() {
    asked.countDown();
    try {
      platform.stop();
      narrate("everything is stopped");
    } catch (InterruptedException | IOException e) {
      narrate("could not stop cleanly: " + e);
    }
    data.runFile(DataDirectory.SUPERVISOR).delete();
    stopped.countDown();
  }

  private void write(State state) {
    data.runFile(DataDirectory.SUPERVISOR)
        .write(
            new RunFile.Entry(
                DataDirectory.SUPERVISOR,
                ProcessIdentity.of(ProcessHandle.current().pid()).orElseThrow(),
                0,
                0,
                "",
                Signal.TERM,
                state,
                0,
                Instant.now()));
  }
}
