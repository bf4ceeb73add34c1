package io.plimsoll.local.process;

import java.io.IOException;
import java.io.UncheckedIOException;

/// The signals that are sent; the JDK itself knows but two of them.
public enum Signal {
  INT,
  TERM,
  KILL;

  void send(long pid) {
    try {
      // `kill` is built into every shell; a program of that name need not exist
      new ProcessBuilder("sh", "-c", "kill -" + name() + " " + pid)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
