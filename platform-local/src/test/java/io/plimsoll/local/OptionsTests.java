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
                "load"));

    assertThat(options.command()).isEqualTo("up");
    assertThat(options.data().path()).isEqualTo(Path.of("/tmp/x"));
    assertThat(options.services().instances()).isEqualTo(Map.of("chat", 2));
    assertThat(options.services().environment())
        .isEqualTo(Map.of("chat", Map.of("A", "b=c:d"), "chat-2", Map.of("B", "")));
    assertThat(options.services().plan()).isEqualTo("load");
    assertThat(Options.parse(List.of("status", "--json")).json()).isTrue();
    assertThat(Options.parse(List.of("kill", "chat")).operands()).containsExactly("chat");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "up --instances",
        "up --instances chat",
        "up --instances chat=0",
        "up --instances chat=many",
        "up --env chat",
        "up --env chat:A",
        "up --env chat:=b",
        "up --instances gateway=2",
        "up --env nosuch:A=b",
        "up --env chat-2:A=b",
        "up --plan nosuch",
        "up extra",
        "up --json",
        "status --yaml",
        "status extra",
        "status --plan load",
        "down extra"
      })
  void refusesWhatItCannotUnderstand(String line) {
    List<String> arguments = line.isEmpty() ? List.of() : List.of(line.split(" ", -1));

    assertThatExceptionOfType(UsageException.class).isThrownBy(() -> Options.parse(arguments));
  }

  @Test
  void saysWhichPlansThereAre() {
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> Options.parse(List.of("up", "--plan", "nosuch")))
        .withMessage("there is no plan nosuch, only default and load");
  }
}
