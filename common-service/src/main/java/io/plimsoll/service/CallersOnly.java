package io.plimsoll.service;

import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/// The one filter of our Spring Security chain: authenticates by the internal token, and asks for
/// `<service>:read` for GET and HEAD, `<service>:write` for the rest; `<service>:admin` is both.
/// What comes behind finds the [Caller] as its argument, as the request's principal and in the
/// `ReactiveSecurityContextHolder`.
///
/// A caller that was seen before costs a hash and a look-up: Spring's own filters for this cost
/// four times as much, for they allow for what a service with internal tokens hasn't.
final class CallersOnly implements WebFilter {

  private final InternalTokens tokens;
  private final String service;
  private final List<PathPattern> publicPaths;
  private final List<PathPattern> anyScopePaths;

  CallersOnly(InternalTokens tokens, ServiceProperties service) {
    this.tokens = tokens;
    this.service = service.name();
    this.publicPaths = patterns(service.publicPaths());
    this.anyScopePaths = patterns(service.anyScopePaths());
  }

  private static List<PathPattern> patterns(List<String> paths) {
    return paths.stream().map(PathPatternParser.defaultInstance::parse).toList();
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
    if (any(publicPaths, path)) {
      return chain.filter(exchange);
    }
    String token = InternalTokens.bearer(exchange.getRequest().getHeaders());
    return token == null
        ? Mono.error(NotThroughGatewayException::new)
        : tokens.prove(token).flatMap(proven -> admit(exchange, path, proven, chain));
  }

  private Mono<Void> admit(
      ServerWebExchange exchange,
      PathContainer path,
      InternalTokens.Proven proven,
      WebFilterChain chain) {
    CallerAuthentication caller = proven.caller();
    if (caller == null) {
      // the gateway's own call, which only the internal port may accept
      return Mono.error(NotThroughGatewayException::new);
    }
    boolean writes = writes(exchange.getRequest().getMethod());
    if (!caller.caller().may(service, writes) && !any(anyScopePaths, path)) {
      return Mono.error(
          () -> new InsufficientScopeException(service + (writes ? ":write" : ":read")));
    }
    return chain
        .filter(exchange.mutate().principal(Mono.just(caller)).build())
        .contextWrite(proven.context());
  }

  private static boolean any(List<PathPattern> patterns, PathContainer path) {
    for (PathPattern pattern : patterns) {
      if (pattern.matches(path)) {
        return true;
      }
    }
    return false;
  }

  private static boolean writes(HttpMethod method) {
    return !HttpMethod.GET.equals(method) && !HttpMethod.HEAD.equals(method);
  }
}
