package io.plimsoll.ratelimit.client;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The protocol's messages; PROTOCOL.md of ratelimit-service describes them. A member that a later
/// version adds is passed over.
final class Wire {

  static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(
              DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private Wire() {}

  record Published(String version, int maxGateways, List<Policy> policies) {
    Published {
      Objects.requireNonNull(version);
      Objects.requireNonNull(policies);
    }
  }

  record Call(String gateway, long sequence, List<Demand> demands, List<Streams> streams) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Demand(
      String tenant,
      String policy,
      String key,
      long lease,
      int want,
      int held,
      @Nullable List<Returned> returns) {}

  record Returned(long lease, int units) {}

  record Streams(String tenant, String policy, String key, int open, int want) {}

  record Answer(
      long sequence,
      String policies,
      long ttlMillis,
      List<Assignment> assignments,
      List<Counted> streams) {
    Answer {
      Objects.requireNonNull(assignments);
      Objects.requireNonNull(streams);
    }
  }

  record Assignment(int units, long emptyMillis, long available, boolean away, boolean unknown) {}

  record Counted(int granted, int elsewhere, boolean away, boolean unknown) {}
}
