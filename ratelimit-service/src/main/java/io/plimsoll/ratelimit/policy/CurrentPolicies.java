package io.plimsoll.ratelimit.policy;

import io.plimsoll.ratelimit.RatelimitProperties;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;

/// The policies as this instance knows them, at most a second old while the database answers.
@Component
public final class CurrentPolicies implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CurrentPolicies.class);

  /// What gateways are sent.
  ///
  /// @param version changes with the policies and with the rest of this; compare it for equality
  /// @param maxGateways into how many parts a rate is cut for gateways that are cut off
  private record Published(String version, int maxGateways, List<Policy> policies) {}

  /// One reading of them.
  ///
  /// @param json what gateways are sent
  public record Snapshot(String version, Map<String, Policy> byId, String json) {}

  private final Policies policies;
  private final RatelimitProperties properties;
  private final JsonMapper json;
  private final ScheduledExecutorService refresher =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("policies").factory());
  private long version;
  private volatile Snapshot snapshot;
  private boolean away;

  CurrentPolicies(Policies policies, RatelimitProperties properties, JsonMapper json) {
    this.policies = policies;
    this.properties = properties;
    this.json = json;
    this.snapshot = read();
    long period = properties.policiesRefresh().toMillis();
    var _ = refresher.scheduleWithFixedDelay(this::refresh, period, period, TimeUnit.MILLISECONDS);
  }

  public Snapshot snapshot() {
    return snapshot;
  }

  private void refresh() {
    try {
      if (policies.version() != version) {
        snapshot = read();
      }
      if (away) {
        away = false;
        log.info("Policies can be read again");
      }
    } catch (DataAccessException | TransactionException e) {
      if (!away) {
        away = true;
        log.warn("Policies can't be read, the last ones hold: {}", e.toString());
      }
    } catch (RuntimeException e) {
      // would silently end the schedule
      log.error("Policies can't be read", e);
    }
  }

  /// The version first: what is committed between the two is then read again.
  private Snapshot read() {
    long current = policies.version();
    List<Policy> all = policies.all();
    String published = current + "-" + properties.maxGateways();
    version = current; // not before: what could not be read is read again
    return new Snapshot(
        published,
        all.stream().collect(Collectors.toUnmodifiableMap(Policy::id, Function.identity())),
        json.writeValueAsString(new Published(published, properties.maxGateways(), all)));
  }

  @Override
  public void close() {
    refresher.shutdownNow();
  }
}
