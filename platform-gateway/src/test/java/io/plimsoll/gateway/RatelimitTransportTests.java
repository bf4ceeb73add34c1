package io.plimsoll.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.timeout.ReadTimeoutException;
import io.plimsoll.ratelimit.client.Transport;
import io.plimsoll.ratelimit.client.Transport.Answer;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Calls to ratelimit-service, of which each comes to an end.
class RatelimitTransportTests {

  private static final String ANSWER =
      "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 4\r\n\r\n{\u00c3\u00a9}";

  private @Nullable TestGateway gateway;

  private Transport to(String... instances) {
    TestGateway started =
        new TestGateway(
            "http://127.0.0.1:1",
            Map.of(
                "plimsoll.gateway.limits.ratelimit-internal",
                String.join(",", instances),
                "plimsoll.gateway.limits.call-timeout",
                "500ms"));
    gateway = started;
    return started.context().getBean(Transport.class);
  }

  @AfterEach
  void stop() {
    Objects.requireNonNull(gateway).close();
  }

  private static Answer call(Transport transport) {
    return transport
        .exchange("/internal/v1/leases", "{\"é\":1}", null)
        .toCompletableFuture()
        .orTimeout(10, TimeUnit.SECONDS)
        .join();
  }

  @Test
  void carriesTheAnswer() throws Exception {
    try (RawUpstream service = RawUpstream.answering(ANSWER)) {
      Transport transport = to(service.url());
      for (int i = 0; i < 2; i++) {
        assertThat(call(transport)).isEqualTo(new Answer(200, "{é}", "\"7\""));
      }
      assertThat(service.requests().getFirst())
          .startsWith("POST /internal/v1/leases HTTP/1.1\r\n")
          .containsIgnoringCase("authorization: Bearer ");
    }
  }

  @Test
  void goesToTheNextInstanceAfterAFailure() throws Exception {
    try (RawUpstream service = RawUpstream.answering(ANSWER);
        RawUpstream ill = RawUpstream.answering("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
        RawUpstream other = RawUpstream.answering("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")) {
      Transport transport = to("http://127.0.0.1:1", ill.url(), other.url(), service.url());
      assertThatThrownBy(() -> call(transport)).hasCauseInstanceOf(ConnectException.class);
      assertThat(call(transport).status()).isEqualTo(503);
      assertThat(call(transport).status()).isEqualTo(404);
      assertThat(call(transport).status()).isEqualTo(200);
      assertThat(call(transport).status()).isEqualTo(200);
    }
  }

  @Test
  void waitsForNoOneForEver() throws Exception {
    try (RawUpstream frozen = RawUpstream.frozen()) {
      Transport transport = to(frozen.url());
      assertThatThrownBy(() -> call(transport)).hasCauseInstanceOf(ReadTimeoutException.class);
    }
  }

  @Test
  void takesHalfAnAnswerForNone() throws Exception {
    try (RawUpstream half = RawUpstream.answering(ANSWER.substring(0, ANSWER.length() - 1))) {
      Transport transport = to(half.url());
      assertThatThrownBy(() -> call(transport)).hasCauseInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void readsNoAnswerWithoutAnEnd() throws Exception {
    try (RawUpstream endless =
        RawUpstream.answering("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(10_000_000))) {
      Transport transport = to(endless.url());
      assertThatThrownBy(() -> call(transport)).hasMessageContaining("an answer of over");
    }
  }
}
