package io.plimsoll.auth.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.auth.TestAuth;
import io.plimsoll.service.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TenantsIT {

  private static final String TENANTS = "/admin/v1/tenants";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void putsATenantAndRenamesIt() {
    String path = TENANTS + "/" + UUID.randomUUID();
    Answer created = auth.admin("PUT", path, "{\"name\":\"Acme\"}").is(201);
    assertThat(created.text("name")).isEqualTo("Acme");
    assertThat(auth.admin("PUT", path, "{\"name\":\"Acme\"}").is(200).body())
        .isEqualTo(created.body());
    assertThat(auth.admin("PUT", path, "{\"name\":\"Acme & Söhne\"}").is(200).text("createdAt"))
        .isEqualTo(created.text("createdAt"));
    assertThat(auth.admin("GET", path).is(200).text("name")).isEqualTo("Acme & Söhne");
  }

  @Test
  void doesNotKnowWhatWasNeverPut() {
    auth.admin("GET", TENANTS + "/nobody").isProblem(404, "unknown-tenant");
  }

  @Test
  void listsPageByPage() {
    try (TestAuth fresh = TestAuth.start(Map.of())) {
      for (String id : List.of("c", "a", "e", "b", "d")) {
        fresh.admin("PUT", TENANTS + "/" + id, "{\"name\":\"x\"}").is(201);
      }
      List<String> seen = new ArrayList<>();
      String after = "";
      int pages = 0;
      do {
        Answer page = fresh.admin("GET", TENANTS + "?limit=2&after=" + after).is(200);
        page.json().path("tenants").forEach(tenant -> seen.add(tenant.path("tenantId").asString()));
        after = page.json().path("next").asString("");
        pages++;
      } while (!after.isEmpty() && pages < 10);
      assertThat(seen).containsExactly("a", "b", "c", "d", "e");
      assertThat(pages).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"limit=0", "limit=1001", "limit=x", "limit=", "after=%00", "after=a%2Fb"})
  void refusesBadPages(String query) {
    auth.admin("GET", TENANTS + "?" + query).isProblem(400, "invalid-parameter");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a%20b", "%C3%A4", "a%2Bb", "a,b"})
  void refusesBadIds(String id) {
    auth.admin("PUT", TENANTS + "/" + id, "{\"name\":\"x\"}").isProblem(400, "invalid-parameter");
    auth.admin("GET", TENANTS + "/" + id).isProblem(400, "invalid-parameter");
  }

  /// These don't even get past Spring Security's firewall.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a%00", "a%0A", "a%2Fb", "a;b", "a%25", "a%5Cb", "a%3Bb", "a%0D", ".", "..", "%2e%2e",
        "../keys", "a//keys"
      })
  void refusesStrangePaths(String id) {
    auth.admin("PUT", TENANTS + "/" + id, "{\"name\":\"x\"}").isProblem(400, "bad-request");
    auth.admin("POST", TENANTS + "/" + id, "{\"name\":\"x\"}").isProblem(400, "bad-request");
  }

  @Test
  void boundsIdsAndNames() {
    String longest = UUID.randomUUID() + "x".repeat(92);
    auth.admin("PUT", TENANTS + "/" + longest, "{\"name\":\"" + "n".repeat(200) + "\"}").is(201);
    auth.admin("PUT", TENANTS + "/" + longest + "x", "{\"name\":\"n\"}")
        .isProblem(400, "invalid-parameter");
    auth.admin("PUT", TENANTS + "/a", "{\"name\":\"" + "n".repeat(201) + "\"}")
        .isProblem(400, "invalid-body");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                        | invalid-body
          {"name":null}             | invalid-body
          {"name":""}               | invalid-body
          {"name":"  "}             | invalid-body
          {"name":1}                | invalid-body
          {"name":"a","plan":"Big"} | invalid-body
          {"name":"a","more":1}     | invalid-body
          {"name":"a\\u0000b"}      | invalid-body
          {"name":"a"               | malformed-body
          """)
  void refusesBadBodies(String body, String cause) {
    auth.admin("PUT", TENANTS + "/a-bad-one", body).isProblem(400, cause);
    auth.admin("GET", TENANTS + "/a-bad-one").isProblem(404, "unknown-tenant");
  }

  @Test
  void takesSqlForWhatItIs() {
    String tenant = auth.newTenant();
    String name = "'); drop table tenants; --";
    auth.admin("PUT", TENANTS + "/" + tenant, "{\"name\":\"" + name + "\"}").is(200);
    assertThat(auth.admin("GET", TENANTS + "/" + tenant).is(200).text("name")).isEqualTo(name);
  }
}
