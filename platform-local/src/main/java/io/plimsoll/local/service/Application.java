package io.plimsoll.local.service;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// A service's executable jar, and the copy of it that runs.
///
/// The copy is in Spring Boot's extracted layout, which starts faster and is the one that a
/// start-up cache can be made for, and it lets the jar be built anew under a running service. It
/// lies in the module's `target`, where all data directories share it, and is named after the jar's
/// content and the JDK, as is the cache beside it: neither outlives what it was made from, and both
/// outlive a build that changes nothing.
final class Application {

  private static final String VERSION = "0.1.0-SNAPSHOT";
  private static final Duration YOUNG = Duration.ofMinutes(10);

  private final String module;
  private final Path jar;
  private final Path copies;

  Application(Path root, String module) {
    this.module = module;
    this.jar = root.resolve(module).resolve("target").resolve(module + "-" + VERSION + ".jar");
    this.copies = root.resolve(module).resolve("target/platform-local");
  }

  String module() {
    return module;
  }

  /// What is run now; changes with each build that changes something. An exception while the jar is
  /// being written.
  String fingerprint() throws IOException {
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " was not built");
    }
    MessageDigest digest = sha256();
    // the table of contents alone: names and checksums, and not the time of the build
    try (var contents = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(contents.entries())) {
        String line = entry.getName() + " " + entry.getCrc() + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return System.getProperty("java.runtime.version").replaceAll("[^0-9A-Za-z.+-]", "_")
        + "-"
        + HexFormat.of().formatHex(digest.digest(), 0, 8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// The command up to the main class's arguments, with the cache if there is one.
  List<String> command(List<String> jvm) throws IOException, InterruptedException {
    Path copy = extracted();
    var command = new ArrayList<String>();
    command.add(java());
    command.addAll(jvm);
    command.add("-jar");
    command.add(copy.resolve(jar.getFileName()).toString());
    return command;
  }

  Path cache() throws IOException {
    return copies.resolve(fingerprint()).resolve("start-up.aot");
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /// The copy, made if need be: under another name first, for it may be cut off or made by two at
  /// once.
  synchronized Path extracted() throws IOException, InterruptedException {
    Path copy = copies.resolve(fingerprint());
    if (Files.exists(copy)) {
      return copy;
    }
    forgetAllButNewest();
    Files.createDirectories(copies);
    Path fresh = Files.createTempDirectory(copies, "new");
    Process tool =
        new ProcessBuilder(
                java(),
                "-Djarmode=tools",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                jar.toString(),
                "extract",
                "--destination",
                fresh.toString(),
                "--force")
            .redirectErrorStream(true)
            .start();
    String said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (tool.waitFor() != 0) {
      throw new IllegalStateException(jar + " could not be extracted: " + said);
    }
    try {
      Files.move(fresh, copy, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.exists(copy)) {
        throw e;
      }
      delete(fresh);
    }
    return copy;
  }

  /// What is young may be in the making, and what runs, in whatever data directory, still reads
  /// from its copy.
  private void forgetAllButNewest() throws IOException {
    if (!Files.isDirectory(copies)) {
      return;
    }
    List<Path> newestFirst;
    try (Stream<Path> all = Files.list(copies)) {
      newestFirst = all.sorted(Comparator.comparingLong(Application::modified).reversed()).toList();
    }
    long young = System.currentTimeMillis() - YOUNG.toMillis();
    for (Path old : newestFirst.stream().skip(1).toList()) {
      if (modified(old) < young && !runs(old)) {
        delete(old);
      }
    }
  }

  /// Whether a process was started from this copy; of other users' processes that is not known.
  private static boolean runs(Path copy) {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.anyMatch(
          process ->
              process.info().commandLine().filter(line -> line.contains(copy + "/")).isPresent());
    }
  }

  private static long modified(Path path) {
    return path.toFile().lastModified();
  }

  private static void delete(Path directory) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(directory)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
