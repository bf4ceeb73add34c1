package io.plimsoll.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.transaction.TransactionSystemException;
import tools.jackson.databind.json.JsonMapper;

class ProblemsTests {

  private final Problems problems = new Problems(List.of(new DatabaseAway()), JsonMapper.shared());

  private static MockServerWebExchange exchange(String accept) {
    return MockServerWebExchange.from(
        MockServerHttpRequest.get("/").header(HttpHeaders.ACCEPT, accept));
  }

  /// As the driver and the transaction manager tell of it.
  @Test
  void tellsABrokenConnectionToTheDatabaseFromAClientThatLeft() {
    MockServerWebExchange waiting = exchange("*/*");
    SQLException broken = new SQLException("An I/O error occurred", "08006", new EOFException());
    problems.handle(waiting, new TransactionSystemException("Could not commit", broken)).block();
    assertThat(waiting.getResponse().getBodyAsString().block())
        .contains("urn:plimsoll:problem:unavailable");
    MockServerWebExchange gone = exchange("*/*");
    problems.handle(gone, new IOException("Broken pipe")).block();
    assertThat(gone.getResponse().getBodyAsString().block()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/event-stream | 200",
        "a/b, Text/Event-Stream ; q=0.1 | 200",
        "text/event-stream;q=0, */* | 500",
        "text/event-stream-x | 500",
        "text/* | 500",
        "a;b, text/event-stream | 500"
      })
  void endsTheStreamsOfWhoAsksForThem(String accept, int status) {
    MockServerWebExchange exchange = exchange(accept);
    problems.handle(exchange, new IllegalStateException("a bug")).block();
    assertThat(exchange.getResponse().getStatusCode()).isEqualTo(HttpStatus.valueOf(status));
  }

  @ParameterizedTest
  @ValueSource(strings = {"*/*", "text/event-stream"})
  void saysNothingOfTheAnswerThatWasGivenUp(String accept) {
    MockServerWebExchange exchange = exchange(accept);
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.setContentLength(3);
    headers.set(HttpHeaders.CONTENT_ENCODING, "gzip");
    headers.set(HttpHeaders.CONTENT_RANGE, "bytes 0-2/3");
    headers.setETag("\"3\"");
    headers.setLastModified(0);
    headers.setCacheControl("public, max-age=60");
    problems.handle(exchange, new IllegalStateException("a bug")).block();
    HttpHeaders sent = exchange.getResponse().getHeaders();
    assertThat(sent.headerNames()).isSubsetOf("Content-Type", "Cache-Control", "X-Accel-Buffering");
    assertThat(sent.getCacheControl()).startsWith("no-");
  }
}
