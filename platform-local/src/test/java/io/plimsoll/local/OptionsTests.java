package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTests {

  @Test
  void readsOptionsWhereverTheyStand() {
    Options options =
        Options.parse(
            List.of(
                "up",
                "--instances",
                "chat=2",
                "--data",
                "/tmp/x",
                "--env",
                "chat:A=b=c:d",
                "--env",
                "chat-2:B=",
                "--plan",
                "load",
                "--json"));

    assertThat(options.command()).isEqualTo("up");
    assertThat(options.data().path()).isEqualTo(Path.of("/tmp/x"));
    assertThat(options.services().instances()).isEqualTo(Map.of("chat", 2));
    assertThat(options.services().environment())
        .isEqualTo(Map.of("chat", Map.of("A", "b=c:d"), "chat-2", Map.of("B", "")));
    assertThat(options.services().plan()).isEqualTo("load");
    assertThat(options.json()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "up --instances", "up --instances chat", "up --instances chat=0",
        "up --instances chat=many", "up --env chat", "up --env chat:A", "status --yaml"
      })
  void refusesWhatItCannotUnderstand(String line) {
    List<String> arguments = line.isEmpty() ? List.of() : List.of(line.split(" ", -1));

    assertThatExceptionOfType(UsageException.class).isThrownBy(() -> Options.parse(arguments));
  }
}
