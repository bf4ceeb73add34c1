package io.plimsoll.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.service.Answer;
import io.plimsoll.service.Documented;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The document names every operation of the admin API and no other. That each answer is as
/// documented, and each body that is taken, is checked by [TestRatelimit] in every test.
class OpenApiIT {

  private static final String PATH = "/admin/openapi.json";

  private final TestRatelimit service = TestRatelimit.shared();

  @Test
  void namesEveryOperationAndNoOther() {
    Set<String> served = Documented.served(service.internalContext());
    served.removeIf(operation -> operation.contains(" /internal/")); // PROTOCOL.md's
    assertThat(TestRatelimit.DOCUMENT.operations()).isEqualTo(served);
  }

  @Test
  void isServedToOperatorsAlone() {
    Answer document = service.admin("GET", PATH, "").is(200);
    assertThat(document.header("Content-Type")).isEqualTo("application/json");
    assertThat(document.text("openapi")).isEqualTo("3.1.0");
    service.send(service.internalPort(PATH)).isProblem(401, "unknown-operator");
    service.gateway(PATH, "").isProblem(401, "unknown-operator");
  }
}
