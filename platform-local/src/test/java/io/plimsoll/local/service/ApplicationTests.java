package io.plimsoll.local.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplicationTests {

  @TempDir private Path root;

  private Application application;
  private Path jar;

  @BeforeEach
  void module() throws IOException {
    application = new Application(root, "thing");
    jar = root.resolve("thing/target/thing-0.1.0-SNAPSHOT.jar");
    Files.createDirectories(jar.getParent());
  }

  private String built(String content, long time) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      var entry = new ZipEntry("a");
      entry.setTime(time);
      zip.putNextEntry(entry);
      zip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return application.fingerprint();
  }

  @Test
  void isTheSameAfterABuildThatChangedNothing() throws IOException {
    assertThat(built("same", 1_000_000_000_000L)).isEqualTo(built("same", 1_700_000_000_000L));
  }

  @Test
  void isAnotherOnceSomethingOfTheSameSizeChanged() throws IOException {
    assertThat(built("this", 1_000_000_000_000L)).isNotEqualTo(built("that", 1_000_000_000_000L));
  }

  @Test
  void isNothingWhileItsJarIsWritten() throws IOException {
    built("something", 1_000_000_000_000L);
    byte[] whole = Files.readAllBytes(jar);
    Files.write(jar, Arrays.copyOf(whole, whole.length / 2));

    assertThatExceptionOfType(IOException.class).isThrownBy(application::fingerprint);
  }
}
