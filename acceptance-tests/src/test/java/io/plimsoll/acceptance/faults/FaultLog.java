package io.plimsoll.acceptance.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/// What was done and seen, with times, in a file and on the console.
final class FaultLog {

  private final Writer file;

  FaultLog(Path path) {
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      file = Files.newBufferedWriter(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("SystemOut") // to be followed while a long run goes on
  void line(String text) {
    System.out.print(note(text));
  }

  /// To the file alone.
  ///
  /// @return the line
  synchronized String note(String text) {
    String line = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MILLIS) + " " + text + "\n";
    try {
      file.write(line);
      file.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return line;
  }
}
