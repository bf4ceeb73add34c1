package io.plimsoll.ratelimit.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.subscriptions.TestBackends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import org.springframework.core.io.ClassPathResource;

/// The script against a model of what a bucket is: exact sums in millionths of a unit, on the times
/// that Redis says it had.
class BucketModelIT {

  private static final long MICRO = 1_000_000;
  private static final long LIFE = 30_000;

  private static final RedisClient CLIENT =
      RedisClient.create("redis://127.0.0.1:" + TestBackends.redis().port());
  private static final StatefulRedisConnection<String, String> REDIS = CLIENT.connect();
  private static final String SCRIPT = script();

  private static String script() {
    try {
      return new ClassPathResource("io/plimsoll/ratelimit/lease/leases.lua")
          .getContentAsString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterContainer
  static void disconnect() {
    CLIENT.shutdown();
  }

  /// What a gateway does next.
  ///
  /// @param again it asks under its last lease's name
  /// @param gives it gives back its last lease, with more units than it had if odd
  record Step(int gateway, int want, int held, boolean again, boolean gives, int pauseMicros) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            Arbitraries.integers().between(0, 40),
            Arbitraries.integers().between(0, 12),
            Arbitraries.of(false, false, false, true),
            Arbitraries.of(false, true),
            Arbitraries.of(0, 0, 200, 3_000, 40_000))
        .as(Step::new)
        .list()
        .ofMinSize(5)
        .ofMaxSize(40);
  }

  private static final class Model {

    final long rate;
    final long burst;
    long available;
    long at;
    final Map<String, long[]> leases = new HashMap<>();

    Model(long rate, long burst, long available, long at) {
      this.rate = rate;
      this.burst = burst * MICRO;
      this.available = Math.min(this.burst, available);
      this.at = at;
    }

    void passes(long now) {
      long next = Math.max(at, now);
      available = (long) Math.min((double) burst, available + (double) rate * (next - at));
      at = next;
      leases.values().removeIf(lease -> lease[1] <= at);
    }

    long credit(String lease, long units) {
      long[] known = leases.remove(lease);
      long credited = known == null ? 0 : Math.min(units, known[0]);
      available = Math.min(burst, available + credited * MICRO);
      return credited;
    }
  }

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void isABucket(
      @ForAll @IntRange(min = 1, max = 20_000) int rate,
      @ForAll @IntRange(min = 1, max = 300) int burst,
      @ForAll("steps") List<Step> steps) {
    String tag = "rl:{" + TestRatelimit.newName("model") + "}";
    long born = run(tag, 0, List.of()).getFirst();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    Model model = null;
    long[] last = new long[3];
    int[] lastWant = new int[3];
    boolean alone = true;
    int first = steps.getFirst().gateway();
    long names = 0;
    for (Step step : steps) {
      LockSupport.parkNanos(step.pauseMicros() * 1_000L);
      boolean again = step.again() && last[step.gateway()] != 0;
      long lease = again ? last[step.gateway()] : ++names;
      boolean gives = step.gives() && !again && last[step.gateway()] != 0;
      long given = gives ? last[step.gateway()] : 0;
      int units = step.want() % 2 == 1 ? 1_000 : 1;
      int want = again ? lastWant[step.gateway()] : step.want();
      List<String> item = new ArrayList<>();
      item.addAll(
          List.of("r", text(lease), text(want), text(step.held()), text(rate), text(burst)));
      item.addAll(gives ? List.of("1", text(given), text(units)) : List.of("0"));
      List<Long> answer = run(tag, step.gateway(), item);

      long now = answer.getFirst();
      if (model == null) {
        model = new Model(rate, burst, rate * (now - born), now);
      }
      model.passes(now);
      assertThat(answer.get(5))
          .isEqualTo(gives ? model.credit(step.gateway() + ":" + given, units) : 0);
      alone &= step.gateway() == first;
      long granted = answer.get(2);
      long free = model.available / MICRO;
      long room = Math.max(0, Math.max(1, Math.min(burst / 2, rate)) - step.held());
      long[] known = model.leases.get(step.gateway() + ":" + lease);
      if (want == 0) {
        assertThat(granted).isZero();
      } else if (known != null) {
        assertThat(granted).isEqualTo(known[0]);
      } else {
        assertThat(granted).isBetween(0L, Math.min(free, Math.min(want, room)));
        if (alone) {
          assertThat(granted).isEqualTo(Math.min(free, Math.min(want, room)));
        }
        if (granted > 0) {
          model.available -= granted * MICRO;
          model.leases.put(step.gateway() + ":" + lease, new long[] {granted, model.at + LIFE});
        } else if (room > 0) {
          assertThat(answer.get(3)).as("empty for").isPositive();
        }
      }
      assertThat(answer.get(4)).isEqualTo(model.available / MICRO);
      if (want > 0) {
        last[step.gateway()] = lease;
        lastWant[step.gateway()] = want;
      }
    }
  }

  /// Nothing is done for a script that Redis gets to after its deadline.
  @Property(tries = 1)
  void doesNothingTooLate() {
    String tag = "rl:{" + TestRatelimit.newName("model") + "}";
    List<Long> answer =
        REDIS
            .sync()
            .eval(
                SCRIPT,
                ScriptOutputType.MULTI,
                new String[] {tag + ":guard", tag + ":b:x"},
                "g",
                "1",
                "1000000",
                "1000000",
                "r",
                "1",
                "1",
                "0",
                "1",
                "1",
                "0");
    assertThat(answer).hasSize(2).last().isEqualTo(-1L);
    assertThat(REDIS.sync().exists(tag + ":guard")).isZero();
  }

  private static String text(long number) {
    return Long.toString(number);
  }

  private static List<Long> run(String tag, int gateway, List<String> item) {
    List<String> arguments =
        new ArrayList<>(List.of("g" + gateway, "0", text(LIFE), text(15 * MICRO)));
    arguments.addAll(item);
    List<String> keys = new ArrayList<>(List.of(tag + ":guard"));
    if (!item.isEmpty()) {
      keys.add(tag + ":b:x");
    }
    return REDIS
        .sync()
        .eval(
            SCRIPT,
            ScriptOutputType.MULTI,
            keys.toArray(String[]::new),
            arguments.toArray(String[]::new));
  }
}
