package io.plimsoll.ratelimit.lease;

import io.plimsoll.ratelimit.RatelimitProperties;
import io.plimsoll.ratelimit.lease.LeaseCall.Demand;
import io.plimsoll.ratelimit.lease.LeaseCall.Returned;
import io.plimsoll.ratelimit.lease.LeaseCall.Streams;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import java.util.List;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/// The gateways' calls. Checked by hand: a call has a thousand items, and the validator takes as
/// long for them as Redis.
@InternalPort
@RestController
class LeasesController {

  private static final int MAX_RETURNS = 100;
  private static final int MAX_UNITS = 100_000_000;

  /// The script compares them as floating-point numbers.
  private static final long MAX_SEQUENCE = (1L << 53) - 1;

  private final LeaseStore store;
  private final int maxDemands;

  LeasesController(LeaseStore store, RatelimitProperties properties) {
    this.store = store;
    this.maxDemands = properties.maxDemands();
  }

  @PostMapping("/internal/v1/leases")
  Mono<LeaseAnswer> leases(@RequestBody LeaseCall call) {
    List<Demand> demands = call.demands() == null ? List.of() : call.demands();
    List<Streams> streams = call.streams() == null ? List.of() : call.streams();
    check(call.gateway() != null && Ids.valid(call.gateway()), "gateway is no id");
    check(
        call.sequence() >= 0 && call.sequence() <= MAX_SEQUENCE,
        "sequence is negative or more than " + MAX_SEQUENCE);
    check(
        demands.size() + streams.size() <= maxDemands,
        "more than " + maxDemands + " demands and counts");
    demands.forEach(LeasesController::check);
    streams.forEach(LeasesController::check);
    return store.answer(call.gateway(), call.sequence(), demands, streams);
  }

  private static void check(Demand demand) {
    check(demand != null, "a demand is null");
    check(bucket(demand.tenant(), demand.policy(), demand.key()), "a demand names no bucket");
    check(demand.lease() >= 0, "lease is negative");
    check(units(demand.want()) && units(demand.held()), "want or held is no number of units");
    if (demand.returns() != null) {
      check(demand.returns().size() <= MAX_RETURNS, "more than " + MAX_RETURNS + " returns");
      for (Returned returned : demand.returns()) {
        check(
            returned != null && returned.lease() >= 0 && units(returned.units()),
            "a return names no lease or no number of units");
      }
    }
  }

  private static void check(Streams streams) {
    check(streams != null, "a count is null");
    check(bucket(streams.tenant(), streams.policy(), streams.key()), "a count names no bucket");
    check(units(streams.open()) && units(streams.want()), "open or want is no number of streams");
  }

  private static boolean bucket(String tenant, String policy, String key) {
    return tenant != null
        && policy != null
        && key != null
        && Ids.valid(tenant)
        && Ids.valid(policy)
        && (key.isEmpty() || Ids.valid(key));
  }

  private static boolean units(int units) {
    return units >= 0 && units <= MAX_UNITS;
  }

  private static void check(boolean holds, String fault) {
    if (!holds) {
      throw new InvalidCallException("The call is malformed: " + fault + ".");
    }
  }
}
