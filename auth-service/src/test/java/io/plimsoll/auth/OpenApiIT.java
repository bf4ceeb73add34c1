package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.service.Answer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;

/// The document names every operation of the public port and no other. That each answer is as
/// documented is checked by [TestAuth] in every test.
class OpenApiIT {

  private final TestAuth auth = TestAuth.shared();

  @Test
  void namesEveryOperationAndNoOther() {
    Set<String> served = new TreeSet<>();
    auth.context()
        .getBean(RequestMappingHandlerMapping.class)
        .getHandlerMethods()
        .keySet()
        .forEach(
            mapping ->
                mapping
                    .getMethodsCondition()
                    .getMethods()
                    .forEach(
                        method ->
                            mapping
                                .getPatternsCondition()
                                .getPatterns()
                                .forEach(path -> served.add(method + " " + path))));
    served.add("GET /auth/openapi.json"); // a file, not a controller
    assertThat(Documented.operations()).isEqualTo(served);
  }

  @Test
  void isServedToEveryone() {
    Answer document = auth.send(auth.publicPort("/auth/openapi.json")).is(200);
    assertThat(document.header("Content-Type")).isEqualTo("application/json");
    assertThat(document.text("openapi")).isEqualTo("3.1.0");
  }
}
