package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.service.UnusableSecretException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class StartIT {

  @ParameterizedTest
  @CsvSource({"plimsoll.auth.signing-keys", "plimsoll.internal-port.admin-tokens"})
  void doesNotStartWithoutItsSecretsAndSaysWhatToDo(String property, CapturedOutput output) {
    assertThatThrownBy(() -> TestAuth.start(Map.of(property, "")))
        .hasRootCauseInstanceOf(UnusableSecretException.class);
    assertThat(output)
        .contains("APPLICATION FAILED TO START", property + " is not set", "Point " + property);
    assertThatThrownBy(() -> TestAuth.start(Map.of(property, "file:/nowhere/secret")))
        .hasStackTraceContaining("/nowhere/secret");
    assertThat(output).contains(property + " can't be read (URL [file:/nowhere/secret])");
  }

  @ParameterizedTest
  @CsvSource({"ftp://platform.test", "platform.test", "http://platform.test/", "http://p.test?x"})
  void doesNotStartWithAnUnfitUrl(String url, CapturedOutput output) {
    assertThatThrownBy(() -> TestAuth.start(Map.of("plimsoll.auth.public-url", url)));
    assertThat(output).contains("plimsoll.auth.public-url must be like");
  }

  /// Gateways would refuse every token.
  @Test
  void doesNotStartWithTokensThatLiveTooLong(CapturedOutput output) {
    assertThatThrownBy(() -> TestAuth.start(Map.of("plimsoll.auth.token-life", "86401s")));
    assertThat(output).contains("APPLICATION FAILED TO START", "tokenLife");
    TestAuth.start(Map.of("plimsoll.auth.token-life", "24h")).close();
  }

  /// Then there is no second port, so the admin API must be nowhere rather than on the first.
  @Test
  void hasNoAdminApiWithoutAnInternalPort() {
    try (TestAuth auth = TestAuth.start(Map.of("management.server.port", "-1"))) {
      auth.send(
              auth.publicPort("/admin/v1/tenants")
                  .header("Authorization", "Bearer " + TestAuth.ADMIN_TOKEN))
          .isProblem(401, "not-through-gateway");
    }
  }
}
