package io.plimsoll.gateway.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class FairCacheTests {

  private record Entry(String tenant, int bytes) {}

  private final FairCache<Integer, Entry> cache =
      new FairCache<>(
          DataSize.ofBytes(4_000), Entry::bytes, Entry::tenant, _ -> Duration.ofHours(1));

  @Test
  void aTenantPushesOutItsOwnOldestAndNobodyElses() {
    for (int i = 0; i < 5; i++) {
      cache.put(i, new Entry("quiet", 100));
    }
    for (int i = 1_000; i < 2_000; i++) {
      cache.put(i, new Entry("loud", 100));
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
    cache.put(1, new Entry("a", 100));
    cache.put(1, new Entry("a", 300));
    assertThat(cache.held("a")).isEqualTo(300);
  }

  @Test
  void forgetsWhatLeaves() {
    for (int i = 0; i < 100; i++) {
      cache.put(i, new Entry("tenant-" + i, 100));
    }
    Awaitility.await()
        .until(
            () -> {
              long held = 0;
              for (int i = 0; i < 100; i++) {
                held += cache.held("tenant-" + i);
              }
              return held <= 4_000;
            });
    for (int i = 0; i < 100; i++) {
      cache.remove(i);
    }
    Awaitility.await()
        .until(
            () -> {
              for (int i = 0; i < 100; i++) {
                if (cache.held("tenant-" + i) > 0) {
                  return false;
                }
              }
              return true;
            });
  }
}
