package io.plimsoll.service;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.security.web.server.WebFilterChainProxy;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Prints what a service spends on an internal token that it has seen: CPU time of Spring
/// Security's whole filter chain, as a service with Actuator has it, on one thread, less that of
/// making the request. Run it from a build: `java -cp <test class path>
/// io.plimsoll.service.InternalTokenSpeed`.
final class InternalTokenSpeed {

  private static final int ROUND = 200_000;
  private static final int ROUNDS = 8;

  private InternalTokenSpeed() {}

  static void main() {
    try (ConfigurableApplicationContext service =
        new SpringApplicationBuilder(ServiceTests.Desk.class)
            .web(WebApplicationType.REACTIVE)
            .properties(
                "server.port=0",
                "plimsoll.service.name=desk",
                "plimsoll.internal.jwks=" + TestTokens.jwks())
            .run()) {
      String authorization =
          "Bearer " + TestTokens.user("desk", "acme", "anna", "desk:read", "desk:write");
      WebFilterChainProxy security = service.getBean(WebFilterChainProxy.class);
      WebFilterChain end = exchange -> exchange.getPrincipal().then();
      Mono<Void> first = security.filter(exchange(service, authorization), end);
      first.block();
      for (int round = 1; round <= ROUNDS; round++) {
        double with =
            micros(() -> security.filter(exchange(service, authorization), end).subscribe());
        double without = micros(() -> end.filter(exchange(service, authorization)).subscribe());
        System.out.printf(
            "round %d: %.2f us of CPU per repeated token (%d bytes)%n",
            round, with - without, authorization.length());
      }
    }
  }

  private static MockServerWebExchange exchange(
      ConfigurableApplicationContext service, String authorization) {
    return MockServerWebExchange.builder(
            MockServerHttpRequest.get("/desk/caller")
                .header(HttpHeaders.AUTHORIZATION, authorization)
                .header(HttpHeaders.HOST, "127.0.0.1")
                .header(HttpHeaders.ACCEPT, "application/json")
                .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        .applicationContext(service)
        .build();
  }

  private static double micros(Runnable request) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < ROUND; i++) {
      request.run();
    }
    return (threads.getCurrentThreadCpuTime() - start) / 1000.0 / ROUND;
  }
}
