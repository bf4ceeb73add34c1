package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// From a customer's request to what the service sees of it, and back.
class RoutingTests {

  private static final TestUpstream upstream = new TestUpstream();
  private static final TestGateway gateway = new TestGateway(upstream.url(), Map.of());

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void reset() {
    upstream.reset();
  }

  @Test
  void exchangesTheCustomersTokenForOneThatTheServiceTrusts() throws Exception {
    String token = TestKeys.token();
    HttpResponse<String> response =
        TestGateway.HTTP.send(
            gateway
                .request("/chat/v1/rooms?limit=3&a=%20b")
                .header("Authorization", "Bearer " + token)
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("hello");
    TestUpstream.Seen seen = upstream.seen().getFirst();
    assertThat(seen.uri()).isEqualTo("/chat/v1/rooms?limit=3&a=%20b");
    String inside = seen.headers().get("Authorization").substring("Bearer ".length());
    assertThat(inside).isNotEqualTo(token);
    SignedJWT jwt = SignedJWT.parse(inside);
    assertThat(jwt.verify(new ECDSAVerifier(TestKeys.INTERNAL.toPublicJWK()))).isTrue();
    assertThat(jwt.getHeader().getType().getType()).isEqualTo("plimsoll-internal+jwt");
    assertThat(jwt.getJWTClaimsSet().getIssuer()).isEqualTo("plimsoll-gateway");
    assertThat(jwt.getJWTClaimsSet().getAudience()).containsExactly("chat");
    assertThat(jwt.getJWTClaimsSet().getClaim("tenant")).isEqualTo("acme");
    assertThat(jwt.getJWTClaimsSet().getSubject()).isEqualTo("anna");
    assertThat(jwt.getJWTClaimsSet().getClaim("scope")).isEqualTo("chat:read chat:write");
  }

  @Test
  void publishesItsPublicKeysOnTheInternalPortOnly() throws Exception {
    HttpResponse<String> inside =
        TestGateway.HTTP.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + gateway.internalPort() + "/internal/jwks.json"))
                .build(),
            BodyHandlers.ofString());
    assertThat(inside.statusCode()).isEqualTo(200);
    assertThat(inside.body()).contains("internal-1").doesNotContain("\"d\"");
    for (String target : new String[] {"/internal/jwks.json", "/actuator/health"}) {
      assertThat(
              TestGateway.HTTP
                  .send(gateway.authorized(target).build(), BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(404);
    }
  }
}
