package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes.Name;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathTests {

  @TempDir private Path directory;

  private String jar(String classPath) throws IOException {
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Name.CLASS_PATH, classPath);
    Path jar = Files.createDirectories(directory.resolve("a b")).resolve("main.jar");
    new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    return jar.toString();
  }

  @Test
  void isFineWhenAllOfItCanBeRead() throws IOException {
    Path library = Files.createFile(directory.resolve("library.jar"));
    String jar = jar(library + " main.jar " + library.toUri());

    assertThatNoException().isThrownBy(() -> ClassPath.check(jar));
  }

  @Test
  void namesTheLibraryThatCannotBeRead() throws IOException {
    Path library = directory.resolve("gone.jar");
    String jar = jar("main.jar " + library);

    assertThatExceptionOfType(StartFailedException.class)
        .isThrownBy(() -> ClassPath.check(jar))
        .withMessageStartingWith(library + " cannot be read by ");
  }
}
