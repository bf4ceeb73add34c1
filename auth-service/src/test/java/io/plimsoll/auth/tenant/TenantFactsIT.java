package io.plimsoll.auth.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.auth.TestAuth.ClientKey;
import io.plimsoll.service.Answer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TenantFactsIT {

  private final TestAuth auth = TestAuth.shared();

  @Test
  void tellsGatewaysPlanAndOrigins() {
    String tenant = auth.newTenant();
    assertThat(facts(tenant).toString())
        .isEqualTo(
            "{\"tenant\":\"%s\",\"disabled\":false,\"plan\":\"default\",\"origins\":[]}"
                .formatted(tenant));
    put(
            tenant,
            "{\"name\":\"A\",\"plan\":\"big-1\",\"origins\":[\"https://app.example\",\"http://127.0.0.1:3000\"]}")
        .is(200);
    assertThat(facts(tenant).toString())
        .isEqualTo(
            ("{\"tenant\":\"%s\",\"disabled\":false,\"plan\":\"big-1\",\"origins\":"
                    + "[\"https://app.example\",\"http://127.0.0.1:3000\"]}")
                .formatted(tenant));
    // what is absent stays
    put(tenant, "{\"name\":\"B\"}").is(200);
    assertThat(facts(tenant).path("plan").asString()).isEqualTo("big-1");
    put(tenant, "{\"name\":\"B\",\"origins\":[]}").is(200);
    assertThat(facts(tenant).path("origins")).isEmpty();
    auth.gateway("/internal/v1/tenants/nobody").isProblem(404, "unknown-tenant");
  }

  @Test
  void givesADisabledTenantNoToken() {
    ClientKey key = auth.newKey();
    Answer disabled = put(key.tenant(), "{\"name\":\"A\",\"disabled\":true}").is(200);
    assertThat(disabled.json().has("disabledAt")).isTrue();
    assertThat(facts(key.tenant()).path("disabled").asBoolean()).isTrue();
    Answer refused =
        auth.token(key, "grant_type", "client_credentials").isOAuthError(401, "invalid_client");
    assertThat(refused.text("error_description")).contains("tenant is disabled");
    // but only who holds the secret is told
    assertThat(
            auth.token(
                    new ClientKey(key.tenant(), key.id(), "wrong"),
                    "grant_type",
                    "client_credentials")
                .isOAuthError(401, "invalid_client")
                .body())
        .doesNotContain("disabled");
    put(key.tenant(), "{\"name\":\"A\",\"disabled\":false}").is(200);
    assertThat(facts(key.tenant()).path("disabled").asBoolean()).isFalse();
    auth.token(key, "grant_type", "client_credentials").is(200);
  }

  @Test
  void numbersWhatChangesSomethingAndNothingElse() {
    String tenant = auth.newTenant();
    long head = auth.head();
    put(tenant, "{\"name\":\"A tenant\"}").is(200);
    assertThat(auth.head()).isEqualTo(head);
    put(tenant, "{\"name\":\"Another\"}").is(200);
    assertThat(auth.changesAfter(head))
        .singleElement()
        .satisfies(
            change -> {
              assertThat(change.propertyNames())
                  .containsExactlyInAnyOrder("number", "kind", "tenant");
              assertThat(change.path("kind").asString()).isEqualTo("tenant");
              assertThat(change.path("tenant").asString()).isEqualTo(tenant);
              assertThat(change.path("number").asLong()).isEqualTo(head + 1);
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "null",
        "app.example",
        "https://app.example/",
        "https://App.example",
        "HTTPS://app.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:0",
        "https://app.example:65536",
        "https://*.app.example",
        "https://user@app.example",
        "https://app..example",
        "https://app.example?x",
        "https://äpp.example",
        "https://",
        "ftp://app.example",
        "https://app.example https://b.example"
      })
  void refusesWhatNoBrowserSends(String origin) {
    String tenant = auth.newTenant();
    put(tenant, "{\"name\":\"A\",\"origins\":[\"" + origin + "\"]}")
        .isProblem(400, "invalid-tenant");
    assertThat(facts(tenant).path("origins")).isEmpty();
  }

  @Test
  void boundsOriginsAndTakesEachOnce() {
    String tenant = auth.newTenant();
    String many =
        IntStream.range(0, 33)
            .mapToObj(i -> "\"https://a" + i + ".example\"")
            .collect(Collectors.joining(","));
    put(tenant, "{\"name\":\"A\",\"origins\":[" + many + "]}").isProblem(400, "invalid-tenant");
    put(tenant, "{\"name\":\"A\",\"origins\":[\"https://a.b\",\"https://a.b\"]}")
        .isProblem(400, "invalid-tenant");
    put(tenant, "{\"name\":\"A\",\"origins\":[null]}").isProblem(400, "invalid-tenant");
    put(tenant, "{\"name\":\"A\",\"origins\":[\"https://[::1]:8443\"]}").is(200);
  }

  private Answer put(String tenant, String body) {
    return auth.admin("PUT", "/admin/v1/tenants/" + tenant, body);
  }

  private JsonNode facts(String tenant) {
    return auth.gateway("/internal/v1/tenants/" + tenant).is(200).json();
  }
}
