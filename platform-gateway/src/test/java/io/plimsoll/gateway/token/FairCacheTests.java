package io.plimsoll.gateway.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class FairCacheTests {

  private static final class Entry extends FairCache.Entry<Integer> {
    Entry(int key, String tenant, int bytes) {
      super(key, tenant, bytes, key + 1_000_000);
    }
  }

  private Instant now = Instant.EPOCH;
  private final FairCache<Integer, Entry> cache =
      new FairCache<>(DataSize.ofBytes(4_000), () -> now);

  @Test
  void aTenantPushesOutItsOwnOldestAndNobodyElses() {
    for (int i = 0; i < 5; i++) {
      cache.put(new Entry(i, "quiet", 100));
    }
    for (int i = 1_000; i < 2_000; i++) {
      cache.put(new Entry(i, "loud", 100));
      assertThat(cache.held("loud")).isLessThanOrEqualTo(1_000);
    }
    assertThat(cache.held("loud")).isEqualTo(1_000);
    assertThat(cache.get(1_999)).isNotNull();
    assertThat(cache.get(1_989)).isNull();
    for (int i = 0; i < 5; i++) {
      assertThat(cache.get(i)).isNotNull();
    }
    assertThat(cache.held("quiet")).isEqualTo(500);
  }

  @Test
  void countsAnEntryThatIsPutAgainOnce() {
    cache.put(new Entry(1, "a", 100));
    cache.put(new Entry(1, "a", 300));
    assertThat(cache.held("a")).isEqualTo(300);
  }

  @Test
  void countsWhatItHoldsHoweverManyPutAndRemoveAtOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Random random = new Random(t);
        all.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 50_000; i++) {
                    int key = random.nextInt(100);
                    if (random.nextInt(4) == 0) {
                      cache.remove(key);
                    } else {
                      // the same key may come from another tenant
                      cache.put(new Entry(key, "tenant-" + random.nextInt(8), 10 + key));
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(cache.bytes()).isBetween(1L, 4_000L);
    assertThat(IntStream.range(0, 8).mapToLong(i -> cache.held("tenant-" + i)).sum())
        .isEqualTo(cache.bytes());
  }

  /// Of what many hold, who holds most gives way, not who comes.
  @Test
  void whoHoldsMostGivesWayWhenItIsFull() {
    for (int i = 0; i < 36; i++) {
      cache.put(new Entry(i, "large-" + i / 9, 100)); // four with 900 each
    }
    for (int i = 100; i < 120; i++) {
      cache.put(new Entry(i, "small-" + i, 100));
      assertThat(cache.bytes()).isLessThanOrEqualTo(4_000);
    }
    for (int i = 100; i < 120; i++) {
      assertThat(cache.get(i)).isNotNull();
    }
    for (int i = 0; i < 4; i++) {
      assertThat(cache.held("large-" + i)).isEqualTo(500);
    }
    assertThat(cache.get(0)).isNull();
    assertThat(cache.get(35)).isNotNull();
  }

  /// Seen ones outlive any number of others that come once.
  @Test
  void sparesWhatIsAskedFor() {
    for (int i = 0; i < 1_000; i++) {
      cache.put(new Entry(i, "a", 100));
      if (i % 3 == 0) {
        assertThat(cache.get(0)).isNotNull();
        assertThat(cache.get(3) != null).isEqualTo(i >= 3);
      }
    }
    assertThat(cache.held("a")).isEqualTo(1_000);
    assertThat(cache.get(999)).isNotNull();
    assertThat(cache.get(900)).isNull();
  }

  /// Each ends a second after the one before.
  @Test
  void dropsWhatIsOverWhenAnotherComes() {
    for (int i = 0; i < 5; i++) {
      cache.put(new Entry(i, "a", 100));
      assertThat(cache.get(i)).isNotNull();
    }
    now = Instant.ofEpochSecond(1_000_002);
    cache.put(new Entry(10, "a", 100));
    assertThat(cache.held("a")).isEqualTo(300);
    assertThat(cache.get(2)).isNull();
    assertThat(cache.get(3)).isNotNull();
  }

  @Test
  void forgetsWhatLeaves() {
    for (int i = 0; i < 100; i++) {
      cache.put(new Entry(i, "tenant-" + i, 100));
    }
    assertThat(cache.bytes()).isEqualTo(4_000);
    for (int i = 0; i < 100; i++) {
      cache.remove(i);
    }
    assertThat(cache.bytes()).isZero();
    for (int i = 0; i < 100; i++) {
      assertThat(cache.held("tenant-" + i)).isZero();
      assertThat(cache.get(i)).isNull();
    }
  }

  @Test
  void holdsNothingThatIsTooLarge() {
    cache.put(new Entry(1, "a", 3_000));
    assertThat(cache.get(1)).isNotNull();
    cache.put(new Entry(2, "b", 5_000));
    assertThat(cache.get(2)).isNull();
    assertThat(cache.bytes()).isLessThanOrEqualTo(4_000);
  }
}
