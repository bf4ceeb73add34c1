package io.plimsoll.ratelimit.client;

import io.plimsoll.ratelimit.client.Policy.StoreAway;
import java.util.Locale;

/// What one decision costs; not a test: run its `main`.
final class AdmitSpeed {

  private AdmitSpeed() {}

  public static void main(String[] arguments) {
    FakeService service = new FakeService();
    try (Leases leases =
        service.start(
            FakeService.policy("user", 1e6, 100_000_000, StoreAway.SHARE),
            FakeService.policy("key", 1e6, 100_000_000, StoreAway.SHARE),
            FakeService.policy("tenant", 1e6, 100_000_000, StoreAway.SHARE))) {
      for (int round = 0; round < 10; round++) {
        long allocated = allocated();
        long start = System.nanoTime();
        int admitted = 0;
        int asked = 200_000;
        for (int i = 0; i < asked; i++) {
          Decision decision = leases.admit(FakeService.ANNA, _ -> {});
          admitted += decision instanceof Decision.Admitted ? 1 : 0;
        }
        long nanos = System.nanoTime() - start;
        System.out.printf(
            Locale.ROOT,
            "three policies: %.0f ns, %.1f bytes a decision, %.1f %% admitted at once%n",
            (double) nanos / asked,
            (double) (allocated() - allocated) / asked,
            100.0 * admitted / asked);
        service.calls.clear();
      }
    }
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean)
            java.lang.management.ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
