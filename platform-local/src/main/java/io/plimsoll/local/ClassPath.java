package io.plimsoll.local;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/// The libraries of this program, which stay where Maven keeps them: another user may not get at
/// them, and they may be gone. What is missing would only be missed in the middle of a start.
final class ClassPath {

  private ClassPath() {}

  /// @throws StartFailedException naming the first entry that cannot be read
  static void check(String classPath) throws IOException {
    for (String entry : classPath.split(":", -1)) {
      Path path = Path.of(entry);
      check(path);
      for (Path library : libraries(path)) {
        check(library);
      }
    }
  }

  private static void check(Path entry) {
    if (!Files.isReadable(entry)) {
      throw new StartFailedException(
          "%s cannot be read by %s, and nothing starts without it: the build was another user's, or Maven's repository was cleared. Build it as the user who runs it: rm -r platform-local/target, then up"
              .formatted(entry, System.getProperty("user.name")));
    }
  }

  private static List<Path> libraries(Path path) throws IOException {
    var libraries = new ArrayList<Path>();
    if (Files.isRegularFile(path)) {
      try (var jar = new JarFile(path.toFile())) {
        Manifest manifest = jar.getManifest();
        String named =
            manifest == null
                ? null
                : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
        for (String entry : named == null ? new String[0] : named.strip().split(" +", 0)) {
          libraries.add(
              entry.startsWith("file:") ? Path.of(URI.create(entry)) : path.resolveSibling(entry));
        }
      }
    }
    return libraries;
  }
}
