package io.plimsoll.local;

import io.plimsoll.local.process.RunFile;
import io.plimsoll.local.service.Secrets;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Where a platform keeps everything, `.plimsoll` by default. Two of them do not meet.
///
/// @param path absolute
record DataDirectory(Path path) {

  static final String SUPERVISOR = "supervisor";

  private static final String RUN_FILE = ".properties";

  /// Makes what is missing, for nobody but its owner.
  void create() throws IOException {
    try {
      createParts();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /// Fails where something is that is not of use, such as another user's.
  void check() throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw unusable(new FileAlreadyExistsException(path.toString()));
    }
    if (Files.exists(path) && !(Files.isWritable(path) && Files.isExecutable(path))) {
      throw unusable(new AccessDeniedException(path.toString()));
    }
  }

  private IOException unusable(IOException e) {
    return new IOException("the data directory " + path + " cannot be used: " + reason(e), e);
  }

  /// The JDK's own words are often the path alone.
  private static String reason(IOException e) {
    return switch (e) {
      case FileAlreadyExistsException there -> there.getFile() + " is not a directory";
      case AccessDeniedException denied -> "no access to " + denied.getFile();
      case NoSuchFileException missing -> missing.getFile() + " cannot be made there";
      default -> String.valueOf(e.getMessage());
    };
  }

  private void createParts() throws IOException {
    var owner = PosixFilePermissions.fromString("rwx------");
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, owner);
    for (Path part : List.of(run(), logs(), postgres(), redis(), secretsDirectory())) {
      Files.createDirectories(part);
    }
    Files.setPosixFilePermissions(secretsDirectory(), owner);
  }

  Path run() {
    return path.resolve("run");
  }

  Path logs() {
    return path.resolve("logs");
  }

  Path log(String name) {
    return logs().resolve(name + ".log");
  }

  Path postgres() {
    return path.resolve("postgres");
  }

  Path redis() {
    return path.resolve("redis");
  }

  Path demoEnvironment() {
    return path.resolve("demo.env");
  }

  Path ports() {
    return path.resolve("ports.properties");
  }

  Secrets secrets() {
    return new Secrets(secretsDirectory());
  }

  private Path secretsDirectory() {
    return path.resolve("secrets");
  }

  RunFile runFile(String name) {
    return new RunFile(run(), name);
  }

  Optional<RunFile.Entry> supervisor() {
    return runFile(SUPERVISOR).read().filter(entry -> entry.identity().alive());
  }

  /// The run files of all processes but the supervisor, alive or not, by name.
  List<RunFile.Entry> entries() throws IOException {
    if (!Files.isDirectory(run())) {
      return List.of();
    }
    var entries = new ArrayList<RunFile.Entry>();
    try (Stream<Path> files = Files.list(run())) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(RUN_FILE) && !name.equals(SUPERVISOR + RUN_FILE)) {
          runFile(name.substring(0, name.length() - RUN_FILE.length()))
              .read()
              .ifPresent(entries::add);
        }
      }
    }
    return entries;
  }

  /// The right to supervise, which ends with the process that has it, however that ends.
  Optional<FileLock> lock() throws IOException {
    return lock("supervisor.lock");
  }

  /// The right to start a supervisor, which ends likewise.
  Optional<FileLock> startLock() throws IOException {
    return lock("up.lock");
  }

  private Optional<FileLock> lock(String name) throws IOException {
    FileChannel channel =
        FileChannel.open(run().resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
    }
    return Optional.ofNullable(lock);
  }
}
