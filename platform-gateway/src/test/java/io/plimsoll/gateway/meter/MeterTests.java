package io.plimsoll.gateway.meter;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MeterTests {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Instant NOON = Instant.parse("2030-01-31T12:00:00Z");

  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<JsonNode> received = new CopyOnWriteArrayList<>();
  private volatile Instant now = NOON;
  private volatile int status = 200;
  private @Nullable Meter meter;

  /// Plays auth-service: as long as it answers 200 it has the report.
  private CompletionStage<@Nullable Integer> take(String report) {
    received.add(JSON.readTree(report));
    return status == 0
        ? CompletableFuture.failedStage(new IllegalStateException("away"))
        : CompletableFuture.completedStage(status);
  }

  private Meter meter(int maxCounts, int maxWaiting) {
    Meter made =
        new Meter(
            "boot",
            this::take,
            new MeterProperties(
                Duration.ofMillis(10), Duration.ofSeconds(5), maxCounts, maxWaiting),
            JSON,
            new Clock() {
              @Override
              public Instant instant() {
                return now;
              }

              @Override
              public ZoneId getZone() {
                return ZoneOffset.UTC;
              }

              @Override
              public Clock withZone(ZoneId zone) {
                return this;
              }
            },
            metrics);
    made.start();
    meter = made;
    return made;
  }

  @AfterEach
  void close() {
    if (meter != null) {
      meter.close();
    }
  }

  private List<JsonNode> deltas() {
    List<JsonNode> all = new ArrayList<>();
    received.forEach(report -> report.path("deltas").forEach(all::add));
    return all;
  }

  private long sum(String member) {
    return deltas().stream().mapToLong(delta -> delta.path(member).asLong()).sum();
  }

  private double dropped() {
    return metrics.get("plimsoll.gateway.usage.dropped").counter().count();
  }

  @Test
  void mergesWhatIsAlikeInOneDelta() {
    Meter meter = meter(100, 100);
    meter.request("acme", "chat", "chat", 200, 3, 5, true);
    meter.request("acme", "chat", "chat", 204, 4, 6, true);
    meter.request("acme", "chat", "chat", 429, 0, 7, false);
    meter.request("acme", "chat", "chat", 499, 0, 0, true);
    meter.request("acme", "chat", "events", 503, 0, 0, true);
    meter.request(null, "chat", "chat", 401, 0, 0, false);
    meter.close();

    assertThat(deltas()).hasSize(4);
    JsonNode first =
        deltas().stream()
            .filter(delta -> delta.path("status").asString().equals("2xx"))
            .findFirst()
            .orElseThrow();
    assertThat(first.path("requests").asLong()).isEqualTo(2);
    assertThat(first.path("bytesIn").asLong()).isEqualTo(7);
    assertThat(first.path("bytesOut").asLong()).isEqualTo(11);
    assertThat(first.path("admitted").asLong()).isEqualTo(2);
    assertThat(first.path("tenant").asString()).isEqualTo("acme");
    assertThat(first.path("class").asString()).isEqualTo("chat");
    assertThat(first.path("hour").asLong()).isEqualTo(NOON.getEpochSecond());
    assertThat(deltas().stream().map(delta -> delta.path("status").asString()))
        .containsExactlyInAnyOrder("2xx", "429", "4xx", "5xx");
    assertThat(received.getFirst().path("boot").asString()).isEqualTo("boot");
  }

  @Test
  void losesNothingThatManyThreadsCountWhileItReports() throws Exception {
    Meter meter = meter(100, 100);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String tenant = "tenant-" + i % 2;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int n = 0; n < 200_000; n++) {
                      meter.request(tenant, "chat", "chat", 200, 1, 2, true);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    meter.close();

    assertThat(sum("requests")).isEqualTo(800_000);
    assertThat(sum("bytesOut")).isEqualTo(1_600_000);
    assertThat(sum("admitted")).isEqualTo(800_000);
  }

  @Test
  void sendsTheSameReportUntilItIsAnsweredAndThenTheNext() {
    Meter meter = meter(100, 100);
    status = 0;
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> received.size() >= 3);
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    status = 503;
    int before = received.size();
    Awaitility.await().until(() -> received.size() >= before + 3);
    assertThat(received).allMatch(report -> report.equals(received.getFirst()));

    status = 200;
    Awaitility.await().until(() -> received.getLast().path("sequence").asLong() == 2);
    assertThat(received.getLast().path("deltas").get(0).path("requests").asLong()).isEqualTo(2);
    assertThat(received.stream().mapToLong(report -> report.path("sequence").asLong())).isSorted();
  }

  @Test
  void goesOnAfterAReportThatIsRefused() {
    Meter meter = meter(100, 100);
    status = 400;
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> dropped() == 1);
    status = 200;
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> received.getLast().path("sequence").asLong() == 2);
  }

  @Test
  void countsAStreamByTheSecondsThatItIsOpen() {
    Meter meter = meter(100, 100);
    long began = System.nanoTime();
    MeteredStream stream = meter.stream("acme", "chat", "chat", true);
    stream.sent(100);
    Awaitility.await()
        .until(
            () ->
                deltas().stream().filter(d -> d.path("streamSeconds").asDouble() > 0).count() > 2);
    stream.sent(20);
    stream.received(1);
    stream.close();
    double longest = (System.nanoTime() - began) / 1e9;
    stream.close();
    meter.close();

    assertThat(sum("requests")).isEqualTo(1);
    assertThat(sum("admitted")).isEqualTo(1);
    assertThat(sum("bytesOut")).isEqualTo(120);
    double seconds =
        deltas().stream().mapToDouble(delta -> delta.path("streamSeconds").asDouble()).sum();
    assertThat(seconds).isPositive().isLessThanOrEqualTo(longest);
  }

  @Test
  void keepsTheHourInWhichSomethingHappened() {
    Meter meter = meter(100, 100);
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> sum("requests") == 1);
    now = NOON.plusSeconds(3600);
    // what is gathered next came before it was seen that another hour has begun
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> sum("requests") == 2);
    Awaitility.await()
        .untilAsserted(
            () -> {
              meter.request("acme", "chat", "chat", 200, 0, 0, false);
              assertThat(deltas().getLast().path("hour").asLong())
                  .isEqualTo(NOON.plusSeconds(3600).getEpochSecond());
            });
  }

  @Test
  void holdsNoMoreThanItMayWhileNobodyTakesIt() {
    Meter meter = meter(3, 2);
    status = 0;
    meter.request("acme", "chat", "chat", 200, 0, 0, false);
    Awaitility.await().until(() -> !received.isEmpty());
    for (String routeClass : List.of("chat", "b", "c", "d", "e")) {
      meter.request("acme", "chat", routeClass, 200, 0, 0, false);
    }
    // two classes have no counter; of the three that have, one has no place
    Awaitility.await().until(() -> dropped() == 3);

    status = 200;
    Awaitility.await().until(() -> received.getLast().path("sequence").asLong() == 2);
    assertThat(received.getLast().path("deltas").size()).isEqualTo(2);
  }
}
