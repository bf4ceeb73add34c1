package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.gateway.edge.Compilers.Compiler;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// On the compilers of the JVM that runs the tests.
@EnabledOnOs(OS.LINUX)
class CompilersTests {

  @Test
  void standBackWhenTheyHaveHadTheirHeadStart() throws Exception {
    List<Compiler> before = Compilers.all();
    assertThat(before).isNotEmpty();
    assertThat(before).anyMatch(compiler -> compiler.used().isPositive());

    new Compilers(Duration.ofDays(1)).standBack();
    assertThat(Compilers.all()).extracting(Compiler::nice).containsOnly(0);

    new Compilers(Duration.ZERO).standBack();
    assertThat(Compilers.all()).extracting(Compiler::nice).containsOnly(Compilers.NICE);
  }
}
