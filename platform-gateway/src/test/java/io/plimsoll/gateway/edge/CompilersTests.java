package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.gateway.edge.Compilers.Compiler;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// On the compilers of the JVM that runs the tests.
@EnabledOnOs(OS.LINUX)
class CompilersTests {

  private static final Duration LONG = Duration.ofDays(1);

  @Test
  void standBackWhenTheyHaveWorkedAndWantLittleMore() throws Exception {
    assertThat(Compilers.all()).anyMatch(compiler -> compiler.used().isPositive());

    new Compilers(LONG, LONG).look();
    new Compilers(Duration.ZERO, Duration.ZERO).look();
    assertThat(Compilers.all()).extracting(Compiler::nice).containsOnly(0);

    new Compilers(Duration.ZERO, LONG).look();
    assertThat(Compilers.all()).extracting(Compiler::nice).containsOnly(Compilers.NICE);
  }
}
