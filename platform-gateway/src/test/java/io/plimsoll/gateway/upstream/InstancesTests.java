package io.plimsoll.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InstancesTests {

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000); // overflows on the way
  private final Instance a = instance("a");
  private final Instance b = instance("b");
  private final Instances both = new Instances(List.of(a, b));

  private Instance instance(String name) {
    return new Instance(
        URI.create("http://" + name + "/"),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        now::get);
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void takesThemInTurn() {
    assertThat(List.of(both.choose(Set.of()), both.choose(Set.of()), both.choose(Set.of())))
        .containsExactly(a, b, a);
  }

  @Test
  void passesOverWhatWasTriedOrFailed() {
    assertThat(both.choose(Set.of(a))).isSameAs(b);
    assertThat(both.choose(Set.of(a, b))).isNull();
    a.failed();
    for (int i = 0; i < 4; i++) {
      assertThat(both.choose(Set.of())).isSameAs(b);
    }
  }

  @Test
  void letsOneRequestTryAfterAPauseThatDoubles() {
    a.failed();
    pass(Duration.ofMillis(999));
    assertThat(a.claim()).isFalse();
    pass(Duration.ofMillis(1));
    assertThat(a.claim()).isTrue();
    assertThat(a.claim()).isFalse();
    a.failed();
    pass(Duration.ofMillis(1999));
    assertThat(a.claim()).isFalse();
    pass(Duration.ofMillis(1));
    assertThat(a.claim()).isTrue();
    a.answered();
    assertThat(a.claim()).isTrue();
    assertThat(a.claim()).isTrue();
  }

  @Test
  void neverPausesLongerThanTheLongest() {
    for (int i = 0; i < 100; i++) {
      a.failed();
    }
    pass(Duration.ofSeconds(10));
    assertThat(a.claim()).isTrue();
  }

  @Test
  void triesTheOnePassedOverLongestWhenAllFailed() {
    a.failed();
    pass(Duration.ofMillis(100));
    b.failed();
    assertThat(both.choose(Set.of())).isSameAs(a);
    assertThat(both.choose(Set.of())).isSameAs(a);
    // but not as a second try: it is known to be away
    assertThat(both.choose(Set.of(a))).isNull();
  }

  @Test
  void leavesNoSlashBetweenBaseAndPath() {
    assertThat(a.base()).isEqualTo("http://a");
  }
}
