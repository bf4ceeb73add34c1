package io.plimsoll.gateway.upstream;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.plimsoll.gateway.identity.Exchange;
import io.plimsoll.gateway.request.RequestIds;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.service.Service;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.springframework.web.server.ServerWebExchange;

/// Which headers pass, in both directions.
///
/// Towards the service: what a customer could use to say who or where he is does not, by prefix,
/// with `_` read as `-` because some servers do so. What the service is to believe is set here.
final class Heads {

  /// RFC 9110, section 7.6.1, and those that stand for them in practice.
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private static final Set<String> DROPPED =
      Set.of(
          "host",
          "expect",
          "authorization",
          "cookie",
          "cookie2",
          "forwarded",
          "via",
          "x-real-ip",
          "x-client-ip",
          "x-cluster-client-ip",
          "x-remote-user",
          "x-remote-addr",
          "x-http-method-override",
          "true-client-ip",
          "cf-connecting-ip",
          "client-ip",
          "x-request-id");

  private static final List<String> DROPPED_PREFIXES =
      List.of("x-plimsoll-", "x-forwarded-", "x-original-", "x-rewrite-", "x-envoy-", "x-user-");

  /// Of answers: each gateway's own are set by itself.
  private static final Set<String> OWN = Set.of("x-request-id", "server", "via");

  private Heads() {}

  static HttpHeaders toService(ServerWebExchange exchange, Service service) {
    var incoming = exchange.getRequest().getHeaders();
    Set<String> named = named(incoming.getOrEmpty("Connection"));
    HttpHeaders outgoing = new DefaultHttpHeaders();
    incoming.forEach(
        (name, values) -> {
          String lower = name.toLowerCase(Locale.ROOT).replace('_', '-');
          if (passes(lower) && !named.contains(lower)) {
            outgoing.add(name, values);
          }
        });
    String internal = Exchange.internalToken(exchange);
    if (internal != null) {
      outgoing.set("Authorization", "Bearer " + internal);
    } else if (service.credentials(RequestTarget.of(exchange).path()) == Credentials.CLIENT) {
      List<String> authorization = incoming.getOrEmpty("Authorization");
      if (authorization.size() == 1
          && authorization.getFirst().toLowerCase(Locale.ROOT).startsWith("basic ")) {
        outgoing.set("Authorization", authorization.getFirst());
      }
    }
    outgoing.set(RequestIds.HEADER, RequestIds.of(exchange));
    return outgoing;
  }

  private static boolean passes(String lower) {
    if (HOP_BY_HOP.contains(lower) || DROPPED.contains(lower)) {
      return false;
    }
    for (String prefix : DROPPED_PREFIXES) {
      if (lower.startsWith(prefix)) {
        return false;
      }
    }
    return true;
  }

  /// Returns the names of what was passed.
  static Set<String> toClient(HttpHeaders incoming, org.springframework.http.HttpHeaders outgoing) {
    Set<String> named = named(incoming.getAll("Connection"));
    Set<String> passed = new HashSet<>();
    for (Map.Entry<String, String> header : incoming) {
      String lower = header.getKey().toLowerCase(Locale.ROOT);
      if (!HOP_BY_HOP.contains(lower)
          && !OWN.contains(lower)
          && !lower.startsWith("access-control-")
          && !named.contains(lower)) {
        outgoing.add(header.getKey(), header.getValue());
        passed.add(header.getKey());
      }
    }
    return passed;
  }

  private static Set<String> named(List<String> connection) {
    Set<String> names = new HashSet<>();
    for (String value : connection) {
      for (String name : value.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
