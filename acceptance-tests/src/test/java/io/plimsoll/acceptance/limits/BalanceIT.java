package io.plimsoll.acceptance.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Every unit and every request is accounted for, once, whatever is killed.
class BalanceIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Of one user one gateway holds no more.
  private static final int LEASE = 50;

  private final LocalPlatform platform = LocalPlatform.shared();

  /// Until so many more requests succeeded.
  private void flows(Traffic traffic, int more) {
    long before = traffic.answered("2xx");
    await().atMost(PATIENCE).until(() -> traffic.answered("2xx") >= before + more);
  }

  @Test
  void balancesWhateverIsKilledBehindTheGateway() {
    String tenant = "balance";
    try (Api api = Api.ofNewTenant(platform, tenant)) {
      Traffic traffic = new Traffic(api);
      try (traffic) {
        flows(traffic, 200);
        for (String process : List.of("auth", "ratelimit", "redis", "postgres", "auth")) {
          platform.signal(process, "KILL");
          flows(traffic, 50);
          platform.awaitReady(process);
          flows(traffic, 50);
        }
      }

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                Books books = Books.of(platform, tenant);
                assertThat(books.requestsByStatus()).isEqualTo(traffic.answers());
                assertThat(books)
                    .satisfies(all -> assertThat(all.usageIsWhatWasAdmitted()).isTrue());
                assertThat(books.everyUnitIsSomewhere()).isTrue();
              });
    }
  }

  @Test
  void aKilledGatewayLeavesNoMoreUnaccountedThanItsLeases() {
    String tenant = "unaccounted";
    try (Api api = Api.ofNewTenant(platform, tenant)) {
      Traffic traffic = new Traffic(api);
      String boot;
      try (traffic) {
        flows(traffic, 300);
        boot = Books.of(platform, tenant).boot();
        platform.signal("gateway", "KILL");
        platform.awaitReady("gateway");
        flows(traffic, 300);
      }

      // reports come every two seconds: what is the same after five is all
      AtomicLong before = new AtomicLong(-1);
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(5))
          .until(
              () -> {
                long now = Books.of(platform, tenant).used("requests");
                return before.getAndSet(now) == now;
              });
      Books books = Books.of(platform, tenant);
      assertThat(books.boot()).isNotEqualTo(boot);
      assertThat(books.everyUnitIsSomewhere()).isTrue();
      long admitted = books.used("admitted");
      // what was answered was admitted; of the rest nobody knows
      long known = traffic.answered("2xx") + traffic.answered("4xx");
      long most = known + traffic.answered("5xx") + traffic.answered(Traffic.UNANSWERED);
      assertThat(admitted).as("nothing is counted twice").isLessThanOrEqualTo(most);
      assertThat(known - admitted)
          .as("unaccounted of " + known)
          .isLessThanOrEqualTo((long) Traffic.USERS * LEASE);
    }
  }
}
