package io.plimsoll.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/// A whole service, small as can be, over HTTP.
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "plimsoll.service.name=desk",
      "plimsoll.service.public-paths=/desk/open",
      "spring.http.codecs.max-in-memory-size=1KB"
    })
class ServiceTests {

  private static final String READ_AND_WRITE =
      TestTokens.user("desk", "acme", "anna", "desk:read", "desk:write");

  private final HttpClient http = HttpClient.newHttpClient();

  @LocalServerPort private int port;

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry registry) {
    registry.add("plimsoll.internal.jwks", TestTokens::jwks);
  }

  @Test
  void knowsWhoCalls() throws Exception {
    assertThat(get("/desk/caller", READ_AND_WRITE).body()).isEqualTo("acme/anna");
    assertThat(get("/desk/caller", TestTokens.tenant("desk", "acme", "desk:read")).body())
        .isEqualTo("acme/null");
  }

  /// None of them may fail what was done already.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json;charset=iso-8859-1",
        "text/html, application/json;charset=utf-16;q=0.5",
        "application/json; charset=UTF-8",
        "MANY"
      })
  void answersInUtf8WhateverElseIsAskedFor(String accept) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/desk/caller-as-json"))
                .header("Authorization", "Bearer " + READ_AND_WRITE)
                .header("Accept", accept.equals("MANY") ? "a/b,".repeat(100) + "*/*" : accept)
                .header("Range", "bytes=99999999-")
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/json");
    assertThat(answer.body()).isEqualTo("{\"user\":\"anna\"}");
  }

  @Test
  void runsControllersOnVirtualThreads() throws Exception {
    assertThat(get("/desk/thread", READ_AND_WRITE).body()).isEqualTo("true");
  }

  @Test
  void refusesWhatDidNotComeThroughTheGateway() throws Exception {
    problem(get("/desk/caller", null), 401, "not-through-gateway");
    problem(get("/desk/caller", "nonsense"), 401, "not-through-gateway");
    assertThat(get("/desk/open", null).body()).isEqualTo("open");
  }

  @Test
  void refusesTokensThatAreNotItsOwn() throws Exception {
    ECKey foreign = TestTokens.newKey("test-gateway");
    Date past = Date.from(Instant.now().minusSeconds(1));
    Date later = Date.from(Instant.now().plusSeconds(3600));
    for (String token :
        new String[] {
          TestTokens.user("other", "acme", "anna", "desk:read"),
          TestTokens.mint("desk", "acme", "anna", Instant.now().minusSeconds(1), "desk:read"),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").expirationTime(past)),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").issuer("somebody")),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").claim("tenant", null)),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").claim("tenant", "")),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").claim("auth_exp", null)),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").claim("auth_iat", "x")),
          TestTokens.mint(claims -> TestTokens.claims(claims, "desk").expirationTime(later)),
          TestTokens.mint(
              claims -> TestTokens.claims(claims, "desk").audience(List.of("desk", "other"))),
          TestTokens.gateway("desk"),
          READ_AND_WRITE + "x",
          TestTokens.mint(
              foreign, "plimsoll-internal+jwt", claims -> TestTokens.claims(claims, "desk")),
          TestTokens.mint(
              TestTokens.newKey("unheard-of"),
              "plimsoll-internal+jwt",
              claims -> TestTokens.claims(claims, "desk")),
        }) {
      problem(get("/desk/caller", token), 401, "not-through-gateway");
    }
  }

  @Test
  void refusesTwoTokensAndOtherSchemes() throws Exception {
    HttpRequest.Builder two =
        desk("/desk/caller", READ_AND_WRITE).header("Authorization", "Bearer " + READ_AND_WRITE);
    problem(http.send(two.build(), BodyHandlers.ofString()), 401, "not-through-gateway");
    HttpRequest.Builder basic = desk("/desk/caller", null).header("Authorization", "Basic YTpi");
    problem(http.send(basic.build(), BodyHandlers.ofString()), 401, "not-through-gateway");
  }

  @Test
  void knowsTheTokenThatTheCallerCameWith() throws Exception {
    Instant issued = Instant.now().minusSeconds(30).truncatedTo(ChronoUnit.SECONDS);
    String token =
        TestTokens.mint(
            claims ->
                TestTokens.claims(claims, "desk")
                    .claim("auth_ref", "key_a.hash")
                    .claim("auth_iat", issued.getEpochSecond())
                    .claim("auth_key", "key_a")
                    .claim("auth_jkt", "print"));
    assertThat(get("/desk/token", token).body()).isEqualTo("key_a.hash " + issued + " key_a print");
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void logsNothingOfWhoLeavesBeforeTheBodyIsWhole(CapturedOutput output) throws Exception {
    for (int i = 0; i < 5; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket
            .getOutputStream()
            .write(
                ("POST /desk/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Authorization: Bearer "
                        + READ_AND_WRITE
                        + "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        Thread.sleep(100); // the body is waited for
      }
    }
    assertThat(get("/desk/caller", READ_AND_WRITE).statusCode()).isEqualTo(200);
    Thread.sleep(200);
    assertThat(output).doesNotContain("ERROR").doesNotContain("AbortedException");
  }

  /// As of any resource server of Spring Security, and again when the token is known.
  @Test
  void putsTheCallerIntoTheSecurityContext() throws Exception {
    for (int i = 0; i < 2; i++) {
      assertThat(get("/desk/context", READ_AND_WRITE).body())
          .isEqualTo("acme [SCOPE_desk:read, SCOPE_desk:write]");
    }
  }

  @Test
  void readsNeedReadAndTheRestNeedsWrite() throws Exception {
    String reader = TestTokens.user("desk", "acme", "anna", "desk:read", "other:write");
    String writer = TestTokens.user("desk", "acme", "anna", "desk:write");
    assertThat(get("/desk/caller", reader).statusCode()).isEqualTo(200);
    problem(get("/desk/caller", writer), 403, "insufficient_scope");
    assertThat(post("{}", writer).statusCode()).isEqualTo(200);
    HttpResponse<String> refused = post("{}", reader);
    problem(refused, 403, "insufficient_scope");
    assertThat(refused.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer error=\"insufficient_scope\", scope=\"desk:write\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"text":"a","more":1}   | invalid-body   | Unknown member more.
          {"text":1}              | invalid-body   | Member text has a wrong value.
          {"count":"1"}           | invalid-body   | Member count has a wrong value.
          {"count":1.5}           | invalid-body   | Member count has a wrong value.
          {"text":"\\u0000"}      | invalid-body   | Member text has a wrong value.
          {"text":"\\ud800"}      | invalid-body   | Member text has a wrong value.
          {"text":"a","text":"b"} | malformed-body | The body is not valid JSON in UTF-8.
          {"text":                | malformed-body | The body is not valid JSON in UTF-8.
          {} {}                   | invalid-body   | Member (the whole body) has a wrong value.
          """)
  void refusesBadBodies(String body, String cause, String detail) throws Exception {
    HttpResponse<String> response = post(body, READ_AND_WRITE);
    problem(response, 400, cause);
    assertThat(response.body()).contains(detail);
  }

  @Test
  void refusesInvalidUtf8AndLargeAndMissingAndForeignBodies() throws Exception {
    byte[] latin1 = "{\"text\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);
    problem(send(desk("/desk/notes", READ_AND_WRITE), latin1), 400, "malformed-body");
    problem(post("{\"text\":\"" + "a".repeat(2048) + "\"}", READ_AND_WRITE), 413, "body-too-large");
    problem(post("", READ_AND_WRITE), 400, "malformed-body");
    problem(
        send(desk("/desk/notes", READ_AND_WRITE).setHeader("Content-Type", "text/plain"), latin1),
        415,
        "unsupported-media-type");
    HttpRequest.Builder untyped =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/desk/notes"))
            .header("Authorization", "Bearer " + READ_AND_WRITE);
    problem(send(untyped, latin1), 415, "unsupported-media-type");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32BE", "UTF-32LE", "UTF-32"})
  void refusesEveryEncodingButUtf8(String encoding) throws Exception {
    Charset charset = Charset.forName(encoding);
    for (String body : List.of("{\"text\":\"a\"}", "\uFEFF{\"text\":\"a\"}", " {}", "1", "\"é\"")) {
      for (String type : List.of("application/json", "application/json;charset=" + encoding)) {
        HttpResponse<String> refused =
            send(
                desk("/desk/notes", READ_AND_WRITE).setHeader("Content-Type", type),
                body.getBytes(charset));
        problem(refused, 400, "malformed-body");
        assertThat(refused.body()).contains("The body is not valid JSON in UTF-8.");
      }
    }
    assertThat(post("\uFEFF{\"text\":\"é\"}", READ_AND_WRITE).body())
        .isEqualTo("{\"text\":\"é\",\"count\":null}");
  }

  /// Overlong forms of `/` and `a`, surrogates, what is above U+10FFFF, what is cut off and what
  /// stands alone.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c0af",
        "e080af",
        "f08080af",
        "c1a5",
        "c080",
        "eda080",
        "edb080",
        "eda0bdedb880",
        "f4908080",
        "f5808080",
        "f888808080",
        "c3",
        "e282",
        "f09f98",
        "80",
        "ff",
        "fe"
      })
  void refusesWhatIsNoUtf8ToTheLetter(String bytes) throws Exception {
    for (String body : List.of("{\"text\":\"a?\"}", "{\"?\":1}", "{\"text\":\"a\"}?", "\"?")) {
      HexFormat hex = HexFormat.of();
      String sent = hex.formatHex(body.getBytes(StandardCharsets.US_ASCII)).replace("3f", bytes);
      HttpResponse<String> refused = send(desk("/desk/notes", READ_AND_WRITE), hex.parseHex(sent));
      problem(refused, 400, "malformed-body");
      assertThat(refused.body()).contains("The body is not valid JSON in UTF-8.");
    }
  }

  @Test
  void readsAllOfUtf8() throws Exception {
    String text = "a\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff".repeat(30);
    assertThat(post("{\"text\":\"" + text + "\"}", READ_AND_WRITE).body())
        .isEqualTo("{\"text\":\"" + text + "\",\"count\":null}");
  }

  @Test
  void tellsAnInvalidBodyFromAnInvalidParameter() throws Exception {
    byte[] noText = "{}".getBytes(StandardCharsets.UTF_8);
    HttpResponse<String> body = send(desk("/desk/drawers/d1", READ_AND_WRITE), noText);
    problem(body, 400, "invalid-body");
    assertThat(body.body()).contains("text must not be null");
    HttpResponse<String> parameter = send(desk("/desk/drawers/d12345", READ_AND_WRITE), noText);
    problem(parameter, 400, "invalid-parameter");
    assertThat(parameter.body()).contains("drawer size must be");
  }

  @Test
  void answersMisdirectedRequests() throws Exception {
    problem(get("/desk/nothing", READ_AND_WRITE), 404, "not-found");
    problem(get("/desk/notes", READ_AND_WRITE), 405, "method-not-allowed");
    problem(get("/desk/number?n=x", READ_AND_WRITE), 400, "invalid-parameter");
    problem(get("/desk/number", READ_AND_WRITE), 400, "invalid-parameter");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n=0x10",
        "n=010",
        "n=%205",
        "n=5%20",
        "n=%2B5",
        "n=%235",
        "n=",
        "n",
        "n=1&n=2",
        "n=1&n=1",
        "n=1,2",
        "n=%D9%A5",
        "n=%EF%BC%95",
        "n=-1",
        "n=1.0",
        "n=2147483648",
        "n=1e1"
      })
  void readsNumbersToTheLetter(String query) throws Exception {
    problem(get("/desk/number?" + query, READ_AND_WRITE), 400, "invalid-parameter");
    assertThat(get("/desk/number?n=2147483647", READ_AND_WRITE).body()).isEqualTo("2147483647");
    assertThat(get("/desk/number?n=0", READ_AND_WRITE).body()).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "on", "yes", "TRUE", "", "%20true", "true&yes=true"})
  void readsTruthToTheLetter(String value) throws Exception {
    problem(get("/desk/truth?yes=" + value, READ_AND_WRITE), 400, "invalid-parameter");
    assertThat(get("/desk/truth?yes=true", READ_AND_WRITE).body()).isEqualTo("true");
    assertThat(get("/desk/truth", READ_AND_WRITE).body()).isEqualTo("false");
  }

  @Test
  void namesTheMethodsThatAreAllowed() throws Exception {
    HttpResponse<String> refused = send(desk("/desk/caller", READ_AND_WRITE), new byte[0]);
    problem(refused, 405, "method-not-allowed");
    assertThat(refused.headers().allValues("Allow")).containsExactly("GET,HEAD");
    assertThat(refused.body()).contains("Allowed here: [GET, HEAD].");
    assertThat(get("/desk/notes", READ_AND_WRITE).headers().allValues("Allow"))
        .containsExactly("POST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "application/problem+json", "text/json"})
  void takesNothingButJson(String type) throws Exception {
    HttpResponse<String> refused =
        send(
            desk("/desk/notes", READ_AND_WRITE).setHeader("Content-Type", type),
            "{}".getBytes(StandardCharsets.UTF_8));
    problem(refused, 415, "unsupported-media-type");
    assertThat(refused.body()).contains("Accepted here: application/json.");
  }

  @Test
  void keepsItsFaultsToItself() throws Exception {
    HttpResponse<String> response = get("/desk/bug", READ_AND_WRITE);
    problem(response, 500, "internal");
    assertThat(response.body()).doesNotContain("secret");
  }

  @Test
  void saysThatTheDatabaseIsAway() throws Exception {
    HttpResponse<String> response = get("/desk/database", READ_AND_WRITE);
    problem(response, 503, "unavailable");
    assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
  }

  @Test
  void tellsAnEventSourceToComeBack() throws Exception {
    HttpRequest.Builder request =
        desk("/desk/database", READ_AND_WRITE).header("Accept", "text/event-stream");
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    assertThat(response.body())
        .matches(
            "retry: \\d{4}\nevent: end\ndata:\\{\"reason\":\"unavailable\",\"reconnect\":true}\n\n");
  }

  private static void problem(HttpResponse<String> response, int status, String cause) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(response.body()).contains("\"urn:plimsoll:problem:" + cause + "\"");
  }

  private HttpResponse<String> get(String path, @Nullable String token) throws Exception {
    return http.send(desk(path, token).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String body, String token) throws Exception {
    return send(desk("/desk/notes", token), body.getBytes(StandardCharsets.UTF_8));
  }

  private HttpResponse<String> send(HttpRequest.Builder request, byte[] body) throws Exception {
    return http.send(
        request.POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder desk(String path, @Nullable String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", "application/json");
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  @RestController
  static class Desk {

    record Note(@Nullable String text, @Nullable Integer count) {}

    @GetMapping("/desk/open")
    String open() {
      return "open";
    }

    @GetMapping("/desk/caller")
    String caller(Caller caller) {
      return caller.tenant() + "/" + caller.user();
    }

    @GetMapping("/desk/caller-as-json")
    Map<String, String> callerAsJson(Caller caller) {
      return Map.of("user", String.valueOf(caller.user()));
    }

    @GetMapping("/desk/token")
    String token(Caller caller) {
      return String.join(
          " ",
          caller.authRef(),
          String.valueOf(caller.authIssued()),
          caller.authKey(),
          caller.authThumbprint());
    }

    @GetMapping("/desk/context")
    Mono<String> context(@AuthenticationPrincipal Caller caller) {
      return ReactiveSecurityContextHolder.getContext()
          .mapNotNull(SecurityContext::getAuthentication)
          .map(known -> caller.tenant() + " " + known.getAuthorities());
    }

    @GetMapping("/desk/thread")
    String thread() {
      return String.valueOf(Thread.currentThread().isVirtual());
    }

    @GetMapping("/desk/number")
    int number(@RequestParam int n) {
      return n;
    }

    @GetMapping("/desk/truth")
    boolean truth(@RequestParam(required = false) boolean yes) {
      return yes;
    }

    @PostMapping("/desk/notes")
    Note note(@RequestBody Note note) {
      return note;
    }

    record Label(@NotNull String text) {}

    @PostMapping("/desk/drawers/{drawer}")
    Label label(@PathVariable @Size(max = 4) String drawer, @Valid @RequestBody Label label) {
      return label;
    }

    @GetMapping("/desk/bug")
    String bug() {
      throw new IllegalStateException("a secret of the inside");
    }

    @GetMapping("/desk/database")
    String database() {
      throw new DataAccessResourceFailureException("connection to a host refused");
    }
  }
}
