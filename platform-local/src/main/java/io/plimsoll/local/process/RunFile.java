package io.plimsoll.local.process;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;

/// What is known of one process, as `<name>.properties`, for every command to read. Written by the
/// supervisor alone, each time as a whole.
///
/// A second file, `<name>.held`, is the commands' word that the process is to stay down. It holds
/// until it is taken away or the platform comes up anew.
public final class RunFile {

  /// What the supervisor makes of a process.
  public enum State {
    /// It runs and is not known to serve yet.
    STARTING,
    /// It runs and has answered since it was started.
    READY,
    /// It is down because a command asked for that.
    HELD,
    /// It died too often before it was ready, and is started again in a while.
    WAITING
  }

  /// One process.
  ///
  /// @param stop the signal that asks it to end cleanly
  /// @param identity the process, or the last one
  /// @param restarts starts after the first, since the supervisor's own
  /// @param since when the state was entered
  public record Entry(
      String name,
      ProcessIdentity identity,
      int port,
      int internalPort,
      String fingerprint,
      Signal stop,
      State state,
      int restarts,
      Instant since) {}

  private final Path file;
  private final Path held;

  public RunFile(Path directory, String name) {
    this.file = directory.resolve(name + ".properties");
    this.held = directory.resolve(name + ".held");
  }

  /// The entry, absent if there is none or it is not whole.
  public Optional<Entry> read() {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
      return Optional.of(
          new Entry(
              value(properties, "name"),
              new ProcessIdentity(
                  Long.parseLong(value(properties, "pid")), value(properties, "start")),
              Integer.parseInt(value(properties, "port")),
              Integer.parseInt(value(properties, "internalPort")),
              value(properties, "fingerprint"),
              Signal.valueOf(value(properties, "stop")),
              State.valueOf(value(properties, "state")),
              Integer.parseInt(value(properties, "restarts")),
              Instant.parse(value(properties, "since"))));
    } catch (NoSuchFileException
        | CharacterCodingException
        | IllegalArgumentException
        | DateTimeException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String value(Properties properties, String key) {
    String value = properties.getProperty(key);
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return value;
  }

  public void write(Entry entry) {
    var properties = new Properties();
    properties.setProperty("name", entry.name());
    properties.setProperty("pid", Long.toString(entry.identity().pid()));
    properties.setProperty("start", entry.identity().start());
    properties.setProperty("port", Integer.toString(entry.port()));
    properties.setProperty("internalPort", Integer.toString(entry.internalPort()));
    properties.setProperty("fingerprint", entry.fingerprint());
    properties.setProperty("stop", entry.stop().name());
    properties.setProperty("state", entry.state().name());
    properties.setProperty("restarts", Integer.toString(entry.restarts()));
    properties.setProperty("since", entry.since().toString());
    Path whole = file.resolveSibling(file.getFileName() + ".new");
    try {
      try (Writer writer = Files.newBufferedWriter(whole)) {
        properties.store(writer, null);
      }
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean held() {
    return Files.exists(held);
  }

  public void hold() {
    try {
      Files.writeString(held, "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void release() {
    try {
      Files.deleteIfExists(held);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void delete() {
    release();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
