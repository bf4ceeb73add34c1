package io.plimsoll.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// How much of a thing one holder may have.
class SharesTests {

  private final Shares places = new Shares(100);

  private long takesAll(String holder) {
    return IntStream.range(0, 200).filter(_ -> places.take(holder, 1)).count();
  }

  @Test
  void leavesAsMuchToAllOthersAsOneHas() {
    assertThat(takesAll("one")).isEqualTo(50);
    assertThat(takesAll("two")).isEqualTo(25);
    assertThat(takesAll("three")).isEqualTo(13);
    assertThat(takesAll("one")).isZero();
    assertThat(places.taken()).isEqualTo(88);
  }

  @Test
  void neverGivesMoreThanThereIs() {
    long sum = IntStream.range(0, 300).mapToLong(i -> takesAll("holder " + i)).sum();
    assertThat(sum).isEqualTo(100);
    assertThat(new Shares(100).take("one", 101)).isFalse();
  }

  @Test
  void takesBackWhatIsGiven() {
    takesAll("one");
    IntStream.range(0, 50).forEach(_ -> places.give("one", 1));
    assertThat(places.taken()).isZero();
    assertThat(takesAll("two")).isEqualTo(50);
    assertThat(new Shares(1).take("one", 1)).isTrue();
  }
}
