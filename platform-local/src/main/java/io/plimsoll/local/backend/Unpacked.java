package io.plimsoll.local.backend;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// A server's files out of the class path, in a directory of their own; unpacked once and again
/// when another version is on the class path.
final class Unpacked {

  private Unpacked() {}

  @FunctionalInterface
  private interface Unpacking {
    void into(InputStream packed, Path directory) throws IOException;
  }

  static void archive(String resource, Path directory) throws IOException {
    unpack(resource, directory, Unpacked::untar);
  }

  static void executable(String resource, Path directory, String name) throws IOException {
    unpack(
        resource,
        directory,
        (packed, target) -> {
          Path file = target.resolve(name);
          Files.copy(packed, file);
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        });
  }

  /// Whole or not at all: what was cut off leaves no marker behind.
  private static void unpack(String resource, Path directory, Unpacking unpacking)
      throws IOException {
    URL url = Unpacked.class.getResource(resource);
    if (url == null) {
      throw new IllegalStateException(
          resource
              + " is not on the class path: platform-local was built on another kind of machine");
    }
    Path marker = directory.resolve("unpacked-from");
    if (Files.exists(marker) && Files.readString(marker).equals(url.toString())) {
      return;
    }
    Path fresh = directory.resolveSibling(directory.getFileName() + ".new");
    delete(fresh);
    Files.createDirectories(fresh);
    try (InputStream packed = url.openStream()) {
      unpacking.into(packed, fresh);
    }
    Files.writeString(fresh.resolve(marker.getFileName()), url.toString());
    delete(directory);
    Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void untar(InputStream packed, Path directory) throws IOException {
    try (var tar =
        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(packed, 1 << 16)))) {
      TarArchiveEntry entry;
      while ((entry = tar.getNextEntry()) != null) {
        Path target = directory.resolve(entry.getName()).normalize();
        if (!target.startsWith(directory)) {
          throw new IOException(entry.getName() + " leads out of the archive");
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createLink(target, directory.resolve(entry.getLinkName()));
        } else {
          Files.copy(tar, target);
          if ((entry.getMode() & 0100) != 0) {
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
          }
        }
      }
    }
  }

  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(directory)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
