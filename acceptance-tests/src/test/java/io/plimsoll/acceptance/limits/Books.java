package io.plimsoll.acceptance.limits;

import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.LocalPlatform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// What an operator sees of a tenant: its usage, and where the gateway's units for it are.
record Books(String boot, List<JsonNode> balances, List<JsonNode> usage) {

  static Books of(LocalPlatform platform, String tenant) {
    try (Api gateway = Api.ofOperator(platform, "gateway");
        Api auth = Api.ofOperator(platform, "auth")) {
      JsonNode held = gateway.get(null, "/actuator/limits?tenant=" + tenant).expect(200).json();
      JsonNode used =
          auth.get(
                  platform.demo("PLIMSOLL_ADMIN_TOKEN"),
                  "/admin/v1/tenants/" + tenant + "/usage?step=day")
              .expect(200)
              .json();
      return new Books(
          held.path("boot").asString(), all(held.path("balances")), all(used.path("usage")));
    }
  }

  private static List<JsonNode> all(JsonNode array) {
    List<JsonNode> all = new ArrayList<>();
    array.forEach(all::add);
    return all;
  }

  private static long number(JsonNode of, String member) {
    return of.path(member).asLong();
  }

  /// Sum over all that was used.
  long used(String member) {
    return usage.stream().mapToLong(row -> number(row, member)).sum();
  }

  Map<String, Long> requestsByStatus() {
    Map<String, Long> all = new TreeMap<>();
    usage.forEach(
        row -> all.merge(row.path("status").asString(), number(row, "requests"), Long::sum));
    return all;
  }

  private boolean limitsRequests(JsonNode balance) {
    return !balance.path("limit").asString().endsWith("streams");
  }

  /// Nothing granted is anywhere else.
  boolean everyUnitIsSomewhere() {
    return balances.stream()
        .allMatch(
            balance ->
                number(balance, "granted")
                    == number(balance, "spent")
                        + number(balance, "returned")
                        + number(balance, "expired")
                        + number(balance, "outstanding"));
  }

  /// Of every limit as much was spent, or admitted without a unit, as usage shows: all requests of
  /// the tenant fall under each of them.
  boolean usageIsWhatWasAdmitted() {
    return !balances.isEmpty()
        && balances.stream()
            .filter(this::limitsRequests)
            .allMatch(
                balance ->
                    number(balance, "spent") + number(balance, "awayAdmitted") == used("admitted"));
  }
}
