package io.plimsoll.ratelimit.lease;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.subscriptions.TestBackends;
import java.util.Locale;
import java.util.Map;

/// How many assignments there are per second in calls of a thousand; not a test: run its `main`, on
/// one core by `taskset`. The caller's part is in it.
final class LeaseSpeed {

  private static final int DEMANDS = 1_000;
  private static final int CALLS = 100;

  private LeaseSpeed() {}

  public static void main(String[] arguments) {
    try (TestRatelimit service = TestRatelimit.start(TestBackends.redis(), Map.of())) {
      String policy = service.policy("acme", "\"per\":\"user\",\"rate\":1000,\"burst\":1000");
      long sequence = 0;
      for (int round = 0; round < 8; round++) {
        long start = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
          sequence++;
          StringBuilder demands = new StringBuilder("\"demands\":[");
          for (int n = 0; n < DEMANDS; n++) {
            demands
                .append(n == 0 ? "" : ",")
                .append("{\"tenant\":\"acme\",\"policy\":\"")
                .append(policy)
                .append("\",\"key\":\"user-")
                .append(n)
                .append("\",\"lease\":")
                .append(sequence)
                .append(",\"want\":5,\"held\":1,\"returns\":[{\"lease\":")
                .append(sequence - 1)
                .append(",\"units\":0}]}");
          }
          service.call("g", sequence, demands.append(']').toString()).is(200);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
            Locale.ROOT, "%.0f assignments/s in calls of %d%n", CALLS * DEMANDS / seconds, DEMANDS);
      }
    }
    System.exit(0);
  }
}
