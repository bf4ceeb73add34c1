package io.plimsoll.service;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Disregards what a client wishes and no service gives, as RFC 9110 allows (sections 12.5.1,
/// 12.5.2 and 14.2), before Spring fails on it: an `Accept` of more entries than Spring sorts; a
/// charset other than UTF-8, in which no JSON could be written once all is done; `Range`, which
/// Spring refuses with the length of a body that it does not send.
final class Negotiation implements WebFilter, Ordered {

  private static final int MOST = 50;

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    HttpHeaders headers = exchange.getRequest().getHeaders();
    List<String> accept = headers.getOrEmpty(HttpHeaders.ACCEPT);
    boolean usual = accept.isEmpty() || (accept.size() == 1 && isUsual(accept.getFirst()));
    if (usual && !headers.containsHeader(HttpHeaders.RANGE)) {
      return chain.filter(exchange);
    }
    ServerHttpRequest request =
        exchange
            .getRequest()
            .mutate()
            .headers(
                all -> {
                  all.remove(HttpHeaders.RANGE);
                  if (!usual) {
                    disregard(all, accept);
                  }
                })
            .build();
    return chain.filter(exchange.mutate().request(request).build());
  }

  private static boolean isUsual(String accept) {
    return accept.equals(MediaType.ALL_VALUE)
        || accept.equals(MediaType.APPLICATION_JSON_VALUE)
        || accept.equals(MediaType.TEXT_EVENT_STREAM_VALUE);
  }

  private static void disregard(HttpHeaders headers, List<String> accept) {
    try {
      List<MediaType> all = MediaType.parseMediaTypes(accept);
      headers.setAccept(
          all.size() > MOST
              ? List.of(MediaType.ALL)
              : all.stream().map(Negotiation::inUtf8).toList());
    } catch (InvalidMediaTypeException e) {
      // Spring says so
    }
  }

  private static MediaType inUtf8(MediaType type) {
    if (type.getCharset() == null || StandardCharsets.UTF_8.equals(type.getCharset())) {
      return type;
    }
    Map<String, String> others =
        type.getParameters().entrySet().stream()
            .filter(parameter -> !parameter.getKey().equalsIgnoreCase("charset"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    return new MediaType(type.getType(), type.getSubtype(), others);
  }
}
