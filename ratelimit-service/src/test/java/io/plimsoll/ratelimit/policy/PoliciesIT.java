package io.plimsoll.ratelimit.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.service.Answer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoliciesIT {

  private static final String PATH = "/admin/v1/policies/";

  private final TestRatelimit service = TestRatelimit.shared();

  private Answer put(String id, String body) {
    return service.admin("PUT", PATH + id, body);
  }

  @Test
  void hasADefaultPlanWhoseTightestLimitIsTheUsers() {
    Answer user = service.admin("GET", PATH + "default-user", "").is(200);
    assertThat(user.json().path("rate").asDouble()).isEqualTo(50);
    assertThat(user.json().path("burst").asInt()).isEqualTo(100);
    assertThat(user.text("plan")).isEqualTo("default");
    assertThat(service.gateway("/internal/v1/policies", "").body())
        .contains("default-user-streams", "default-tenant", "default-key");
  }

  @Test
  void tellsGatewaysOfAChangeByANewTag() {
    String id = TestRatelimit.newName("policy");
    Answer before = service.gateway("/internal/v1/policies", "").is(200);
    put(id, "{\"limit\":\"%s\",\"per\":\"tenant\",\"rate\":5,\"burst\":9}".formatted(id)).is(201);
    Awaitility.await()
        .untilAsserted(
            () -> {
              Answer now = service.gateway("/internal/v1/policies", "");
              assertThat(now.header("ETag")).isNotEqualTo(before.header("ETag"));
              assertThat(now.header("ETag")).isEqualTo("\"" + now.text("version") + "\"");
              assertThat(now.body()).contains(id);
            });
    put(id, "{\"limit\":\"%s\",\"per\":\"tenant\",\"streams\":9}".formatted(id)).is(200);
    Answer changed = service.admin("GET", PATH + id, "").is(200);
    assertThat(changed.json().has("rate")).isFalse();
    assertThat(changed.text("storeAway")).isEqualTo("share");
    service.admin("DELETE", PATH + id, "").is(204);
    service.admin("DELETE", PATH + id, "").isProblem(404, "unknown-policy");
    service.admin("GET", PATH + id, "").isProblem(404, "unknown-policy");
  }

  @Test
  void listsByPages() {
    Answer page = service.admin("GET", "/admin/v1/policies?limit=2", "").is(200);
    assertThat(page.json().path("policies").size()).isEqualTo(2);
    Answer next =
        service
            .admin("GET", "/admin/v1/policies?limit=1000&after=" + page.text("next"), "")
            .is(200);
    assertThat(next.json().has("next")).isFalse();
    service.admin("GET", "/admin/v1/policies?limit=", "").isProblem(400, "invalid-parameter");
  }

  @Test
  void refusesTwoOfALimitForTheSameCallers() {
    String id = TestRatelimit.newName("policy");
    put(id, "{\"limit\":\"user\",\"plan\":\"default\",\"per\":\"user\",\"rate\":5,\"burst\":9}")
        .isProblem(409, "policy-conflict");
  }

  /// Each has buckets of its own, whatever else of its limit holds for the same callers.
  @ParameterizedTest
  @CsvSource({
    "tenant, apiKey", "key, apiKey", "user, apiKey",
    "tenant, user", "key, user", "user, user",
    "tenant, routeClass", "key, routeClass", "user, routeClass"
  })
  void takesWhomAPolicyIsForWithWhateverItIsPer(String per, String selector) {
    String id = TestRatelimit.newName("policy");
    put(
            id,
            "{\"limit\":\"%s\",\"tenant\":\"t\",\"%s\":\"x\",\"per\":\"%s\",\"streams\":1}"
                .formatted(id, selector, per))
        .is(201);
    service.admin("DELETE", PATH + id, "").is(204);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"limit":"a","per":"user"}                                                     | invalid-policy
          {"limit":"a","per":"user","rate":1}                                            | invalid-policy
          {"limit":"a","per":"user","rate":1,"burst":1,"streams":1}                      | invalid-policy
          {"limit":"a","per":"user","rate":1,"burst":1,"user":"anna"}                    | invalid-policy
          {"limit":"a","per":"key","rate":1,"burst":1,"apiKey":"k"}                      | invalid-policy
          {"limit":"a","per":"user","rate":0,"burst":1}                                  | invalid-body
          {"limit":"a","per":"user","rate":1,"burst":0}                                  | invalid-body
          {"limit":"a","per":"user","streams":0}                                         | invalid-body
          {"limit":"A b","per":"user","rate":1,"burst":1}                                | invalid-body
          {"limit":"a","per":"nobody","rate":1,"burst":1}                                | invalid-body
          {"limit":"a","per":"user","rate":1,"burst":1,"storeAway":"guess"}              | invalid-body
          {"limit":"a","per":0,"rate":1,"burst":1}                                       | invalid-body
          {"limit":"a","per":"user","rate":1,"burst":1,"storeAway":2}                    | invalid-body
          {"limit":"a","per":"user","rate":1,"burst":1,"more":1}                         | invalid-body
          {"per":"user","rate":1,"burst":1}                                              | invalid-body
          """)
  void refusesPoliciesThatMeanNothing(String body, String cause) {
    String id = TestRatelimit.newName("policy");
    put(id, body).isProblem(400, cause);
    service.admin("GET", PATH + id, "").isProblem(404, "unknown-policy");
  }
}
