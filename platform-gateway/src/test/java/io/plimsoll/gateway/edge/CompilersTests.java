package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.gateway.edge.Compilers.Compiler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// In a JVM of their own, for what was lowered can't be raised again.
@EnabledOnOs(OS.LINUX)
class CompilersTests {

  private static final Duration LONG = Duration.ofDays(1);

  /// Prints which of the compilers have stood back, after each try.
  static final class Tries {
    private Tries() {}

    static void main() throws IOException {
      new Compilers(LONG, LONG).standBack();
      print();
      new Compilers(Duration.ZERO, Duration.ZERO).standBack();
      print();
      new Compilers(Duration.ZERO, LONG).standBack();
      print();
    }

    private static void print() throws IOException {
      for (Compiler compiler : Compilers.all()) {
        System.out.print(
            compiler.name().substring(0, 2) + (compiler.nice() == Compilers.NICE ? " back " : " "));
      }
      System.out.println();
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
    assertThat(said.lines().map(line -> line.contains("C1 back") + " " + line.contains("C2 back")))
        .containsExactly("false false", "false false", "false true");
  }
}
