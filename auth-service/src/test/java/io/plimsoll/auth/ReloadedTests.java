package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.service.UnusableSecretException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.FileSystemResource;

@ExtendWith(OutputCaptureExtension.class)
class ReloadedTests {

  @Test
  void keepsTheLastThatWasFitAndSaysSoOnce(CapturedOutput output) throws IOException {
    Path file = Secrets.path("1");
    Reloaded<Integer> reloaded = reloaded(file);
    assertThat(reloaded.get()).isEqualTo(1);
    Files.writeString(file, "2");
    reloaded.reload();
    assertThat(reloaded.get()).isEqualTo(2);
    Files.writeString(file, "private words");
    reloaded.reload();
    reloaded.reload();
    assertThat(reloaded.get()).isEqualTo(2);
    assertThat(output.getAll().split("is no number", -1)).hasSize(2);
    assertThat(output).doesNotContain("private words");
    Files.delete(file);
    reloaded.reload();
    assertThat(reloaded.get()).isEqualTo(2);
    assertThat(output).contains("a.number can't be read");
    Files.writeString(file, "3");
    reloaded.reload();
    assertThat(reloaded.get()).isEqualTo(3);
  }

  @Test
  void refusesToStartWithoutAFitFile() throws IOException {
    Path file = Secrets.path("x");
    assertThatThrownBy(() -> reloaded(file)).hasMessage("a.number is no number");
    assertThatThrownBy(() -> new Reloaded<>("a.number", "it", null, Integer::valueOf))
        .isInstanceOf(UnusableSecretException.class)
        .hasMessage("a.number is not set");
  }

  private static Reloaded<Integer> reloaded(Path file) {
    return new Reloaded<>(
        "a.number",
        "a file with a number",
        new FileSystemResource(file),
        text -> {
          try {
            return Integer.valueOf(text);
          } catch (NumberFormatException e) {
            throw new UnusableSecretException("a.number", "is no number", "it", null);
          }
        });
  }
}
