package io.plimsoll.local.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunFileTests {

  @TempDir private Path directory;

  private RunFile file;
  private Path path;
  private byte[] whole;

  @BeforeEach
  void write() throws IOException {
    file = new RunFile(directory, "chat");
    file.write(
        new RunFile.Entry(
            "chat",
            new ProcessIdentity(7, "boot:1"),
            8082,
            8092,
            "as built",
            Signal.TERM,
            RunFile.State.READY,
            0,
            Instant.EPOCH));
    path = directory.resolve("chat.properties");
    whole = Files.readAllBytes(path);
    assertThat(file.read()).isPresent();
  }

  @Test
  void whatIsCutShortIsNoEntry() throws IOException {
    // all but the end of the last line
    for (int length = 0; length < whole.length - System.lineSeparator().length(); length++) {
      Files.write(path, Arrays.copyOf(whole, length));
      assertThat(file.read()).as("%d bytes", length).isEmpty();
    }
  }

  @Test
  void whatIsNoTextIsNoEntry() throws IOException {
    Files.write(path, new byte[whole.length]);
    assertThat(file.read()).isEmpty();
    byte[] latin = whole.clone();
    latin[whole.length / 2] = (byte) 0xe4;
    Files.write(path, latin);
    assertThat(file.read()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"name=chat", "pid=7", "start=boot", "fingerprint=as built", "stop=TERM"})
  void whatLacksOrSpoilsAValueIsNoEntry(String value) throws IOException {
    String text = new String(whole, StandardCharsets.UTF_8);
    assertThat(text).contains(value);
    Files.writeString(path, text.replace(value, "x" + value));
    assertThat(file.read()).isEmpty();
    Files.writeString(path, text + "pid=\\u12\n");
    assertThat(file.read()).isEmpty();
  }
}
