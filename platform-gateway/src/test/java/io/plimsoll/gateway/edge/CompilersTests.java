package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.gateway.edge.Compilers.Compiler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// In a JVM of their own, for what was lowered can't be raised again.
@EnabledOnOs(OS.LINUX)
class CompilersTests {

  private static final Duration LONG = Duration.ofDays(1);

  /// Prints by how much each of the compilers has stood back, after each try.
  static final class Tries {
    private Tries() {}

    private static Map<String, Integer> before = Map.of();

    static void main() throws IOException {
      before = nice();
      new Compilers(LONG, LONG).standBack();
      print();
      new Compilers(Duration.ZERO, Duration.ZERO).standBack();
      print();
      new Compilers(Duration.ZERO, LONG).standBack();
      print();
    }

    private static Map<String, Integer> nice() throws IOException {
      return Compilers.all().stream()
          .collect(Collectors.toMap(one -> one.name().substring(0, 2), Compiler::nice));
    }

    private static void print() throws IOException {
      Map<String, Integer> now = nice();
      now.replaceAll((name, nice) -> nice - before.getOrDefault(name, nice));
      System.out.println(now.get("C1") + " " + now.get("C2"));
    }
  }

  @Test
  void c2StandsBackWhenBothHaveWorkedAndWantLittleMore() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-UseDynamicNumberOfCompilerThreads",
                "-XX:CICompilerCount=2",
                "-cp",
                System.getProperty("java.class.path"),
                Tries.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(jvm.waitFor()).isZero();
    assertThat(said.lines()).containsExactly("0 0", "0 0", "0 " + Compilers.NICE);
  }
}
