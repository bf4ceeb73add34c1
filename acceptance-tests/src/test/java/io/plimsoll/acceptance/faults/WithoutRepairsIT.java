package io.plimsoll.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.acceptance.history.History;
import io.plimsoll.acceptance.history.Violation.Cause;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The fault run is able to fail: the same workload and the same checker on a platform that loses
/// publishes and neither checks heads nor repairs holes.
class WithoutRepairsIT {

  /// Of which about every tenth is lost for one of the nodes.
  private static final int SENDS = 80;

  /// Ample for readers that only have to be told.
  private static final Duration SETTLE = Duration.ofSeconds(15);

  @Test
  void lostPublishesAreLostEvents() {
    FaultLog log = new FaultLog(Path.of("target/without-repairs.log"));
    History history = new History(log::note);
    Scale scale =
        new Scale(
            Duration.ZERO, Duration.ofSeconds(1), Duration.ZERO, 1, 20, Duration.ofMillis(200), 1L);
    LocalPlatform platform =
        LocalPlatform.up(
            "without-repairs",
            "load",
            Map.of(
                "PLIMSOLL_SUBSCRIPTIONS_FAULTS_DROP",
                "0.2",
                "PLIMSOLL_SUBSCRIPTIONS_HEADCHECK_ENABLED",
                "false",
                "PLIMSOLL_SUBSCRIPTIONS_HOLEREPAIR_ENABLED",
                "false"));
    try (platform;
        Workload workload = new Workload(platform, history, log, scale)) {
      log.line("publishes between the nodes: 20 % dropped; no head check, no hole repair");
      workload.makeRooms();
      workload.read();
      await().atMost(Duration.ofMinutes(2)).until(() -> workload.answered() >= SENDS);
      workload.settle(SETTLE);
    }

    log.line(
        history.deliveries() + " deliveries checked, violations " + history.violations().counts());
    assertThat(history.violations().first())
        .anyMatch(
            violation ->
                violation.cause() == Cause.UNREACHED && violation.who().startsWith("browser"));
  }
}
