package io.plimsoll.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BucketsTests {

  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong time = new AtomicLong();
  private final Buckets buckets = new Buckets(2, 3, time::get);

  private int taken() {
    int taken = 0;
    while (buckets.take("a")) {
      taken++;
    }
    return taken;
  }

  @Test
  void givesABurstAndThenTheRate() {
    assertThat(taken()).isEqualTo(3);
    time.addAndGet(SECOND);
    assertThat(taken()).isEqualTo(2);
    time.addAndGet(100 * SECOND);
    assertThat(taken()).isEqualTo(3);
    assertThat(buckets.take("b")).isTrue();
  }

  @Test
  void owesWhatItIsChargedAtMostAnotherBurst() {
    buckets.charge("a", 5);
    assertThat(buckets.take("a")).isFalse();
    assertThat(buckets.retryAfter("a")).isEqualTo(2); // from -2 to 1 at 2/s
    buckets.charge("a", 1_000);
    assertThat(buckets.retryAfter("a")).isEqualTo(2);
    buckets.charge("a", -1_000);
    assertThat(taken()).isEqualTo(3);
    assertThat(buckets.retryAfter("a")).isEqualTo(1);
  }
}
