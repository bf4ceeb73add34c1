package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTests {

  @TempDir private Path directory;

  @Test
  void saysWhyItCannotBeUsed() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new DataDirectory(file).create())
        .withMessage("the data directory %1$s cannot be used: %1$s is not a directory", file);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new DataDirectory(file.resolve("below")).create())
        .withMessageContaining("Not a directory");
  }
}
