package io.plimsoll.gateway.answer;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/// Writes every answer that is the gateway's own: problem details, or the end of a stream where the
/// client would give up on an error status. Nothing of the inside is in them; what is our fault is
/// logged here and nowhere else.
public final class Answers implements WebExceptionHandler, Ordered {

  private static final Logger log = LoggerFactory.getLogger(Answers.class);

  private final JsonMapper json;

  public Answers(JsonMapper json) {
    this.json = json;
  }

  /// Ahead of Boot's and Spring's own, which know neither our types nor [StreamEnd].
  @Override
  public int getOrder() {
    return -10;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable thrown) {
    if (exchange.getResponse().isCommitted()
        || DisconnectedClientHelper.isClientDisconnectedException(thrown)) {
      return Mono.error(thrown);
    }
    return write(exchange, problem(exchange, thrown));
  }

  private static Problem problem(ServerWebExchange exchange, Throwable thrown) {
    if (thrown instanceof ProblemException known) {
      return known.problem();
    }
    if (thrown instanceof ErrorResponse spring) {
      int status = spring.getStatusCode().value();
      return switch (status) {
        case 404 -> Problem.of(404, "not-found", "No service is at this path.");
        default -> Problem.of(status, "http-" + status, "The request can't be answered.");
      };
    }
    log.error(
        "{} {} failed",
        exchange.getRequest().getMethod(),
        exchange.getRequest().getPath().value(),
        thrown);
    return Problem.of(500, "internal", "The gateway failed; the fault is ours.");
  }

  /// Answers with a problem, or as [StreamEnd] says.
  public Mono<Void> write(ServerWebExchange exchange, Problem problem) {
    boolean comesBack = problem.status() >= 500 || problem.status() == 429;
    if (comesBack && StreamEnd.wanted(exchange.getRequest())) {
      return end(exchange, problem.status() == 429 ? "rate_limited" : "unavailable");
    }
    ServerHttpResponse response = exchange.getResponse();
    response.setStatusCode(HttpStatusCode.valueOf(problem.status()));
    HttpHeaders headers = response.getHeaders();
    problem.headers().forEach(headers::set);
    headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
    headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", Problem.TYPE + problem.cause());
    members.put("status", problem.status());
    members.put("detail", problem.detail());
    return body(response, json.writeValueAsBytes(members));
  }

  /// A stream that ends before it began; the client comes back.
  public Mono<Void> end(ServerWebExchange exchange, String reason) {
    ServerHttpResponse response = exchange.getResponse();
    response.setStatusCode(HttpStatusCode.valueOf(200));
    HttpHeaders headers = response.getHeaders();
    headers.setContentType(MediaType.TEXT_EVENT_STREAM);
    headers.set(HttpHeaders.CACHE_CONTROL, "no-cache, no-transform");
    headers.set("X-Accel-Buffering", "no");
    return body(response, StreamEnd.reconnect(reason).getBytes(StandardCharsets.UTF_8));
  }

  private static Mono<Void> body(ServerHttpResponse response, byte[] bytes) {
    response.getHeaders().setContentLength(bytes.length);
    return response.writeWith(Mono.just(response.bufferFactory().wrap(bytes)));
  }
}
