package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.service.Answer;
import io.plimsoll.service.Documented;
import io.plimsoll.service.TestTokens;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The documents name every operation of the public port and of the admin API, and no other. That
/// each answer is as documented, and each body that an operator may send, is checked by [TestAuth]
/// in every test.
class OpenApiIT {

  private static final String ADMIN = "/admin/openapi.json";

  private final TestAuth auth = TestAuth.shared();

  @Test
  void namesEveryOperationAndNoOther() {
    Set<String> served = Documented.served(auth.context());
    served.add("GET /auth/openapi.json"); // a file, not a controller
    assertThat(TestAuth.PUBLIC.operations()).isEqualTo(served);
  }

  @Test
  void namesEveryOperationOfOperatorsAndNoOther() {
    Set<String> served = Documented.served(auth.internalContext());
    served.removeIf(operation -> operation.contains(" /internal/")); // gateways'
    assertThat(TestAuth.ADMIN.operations()).isEqualTo(served);
  }

  @Test
  void isServedToEveryone() {
    Answer document = auth.send(auth.publicPort("/auth/openapi.json")).is(200);
    assertThat(document.header("Content-Type")).isEqualTo("application/json");
    assertThat(document.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(document.header("Last-Modified")).isEmpty(); // one for all versions
    assertThat(document.text("openapi")).isEqualTo("3.1.0");
  }

  @Test
  void isServedToOperatorsAloneWhereItIsTheirs() {
    Answer document = auth.send(auth.internalPort(ADMIN)).is(200);
    assertThat(document.header("Content-Type")).isEqualTo("application/json");
    assertThat(document.text("openapi")).isEqualTo("3.1.0");
    auth.send(auth.internalPortUnauthenticated(ADMIN)).isProblem(401, "unknown-operator");
    auth.gateway(ADMIN).isProblem(401, "unknown-operator");
  }

  /// The secret of a key that was made all the same would be lost.
  @Test
  void doesNothingForOperatorsWhoWouldNotTakeTheAnswer() {
    String keys = "/admin/v1/tenants/" + auth.newTenant() + "/keys";
    auth.send(
            auth.internalPort(keys)
                .header("Content-Type", "application/json")
                .header("Accept", "text/plain")
                .POST(BodyPublishers.ofString("{\"name\":\"x\"}")))
        .isProblem(406, "not-acceptable");
    assertThat(auth.admin("GET", keys).is(200).json().path("keys")).isEmpty();
  }

  /// A 406 says that nothing was done.
  @Test
  void doesNothingForTenantsWhoWouldNotTakeTheAnswer() {
    String tenant = auth.newTenant();
    String token = TestTokens.tenant("auth", tenant, "auth:admin");
    for (String path : new String[] {"/auth/v1/revocations", "/auth/v1/tickets"}) {
      auth.send(
              auth.publicPort(path)
                  .header("Authorization", "Bearer " + token)
                  .header("Content-Type", "application/json")
                  .header("Accept", "application/xml")
                  .POST(BodyPublishers.ofString("{\"user\":\"anna\",\"path\":\"/chat/v1\"}")))
          .isProblem(406, "not-acceptable");
    }
    assertThat(auth.admin("GET", "/admin/v1/audit?tenant=" + tenant).is(200).json().path("entries"))
        .extracting(entry -> entry.path("action").asString())
        .doesNotContain("tokens.revoked");
  }

  /// Spring would announce the length of a body that it does not send.
  @Test
  void isServedWholeWhateverRangeIsAskedFor() {
    for (String range : new String[] {"x", "bytes=99999999-"}) {
      assertThat(
              auth.send(auth.publicPort("/auth/openapi.json").header("Range", range))
                  .is(200)
                  .text("openapi"))
          .isEqualTo("3.1.0");
    }
  }
}
