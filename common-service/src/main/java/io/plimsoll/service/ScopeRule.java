package io.plimsoll.service;

import org.springframework.http.HttpMethod;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationResult;
import org.springframework.security.authorization.ReactiveAuthorizationManager;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.server.authorization.AuthorizationContext;
import reactor.core.publisher.Mono;

/// `<service>:read` for GET and HEAD, `<service>:write` for the rest; `<service>:admin` for both.
record ScopeRule(String service) implements ReactiveAuthorizationManager<AuthorizationContext> {

  @Override
  public Mono<AuthorizationResult> authorize(
      Mono<Authentication> authentication, AuthorizationContext context) {
    boolean write = writes(context.getExchange().getRequest().getMethod());
    return authentication
        .ofType(CallerAuthentication.class)
        .<AuthorizationResult>map(
            known -> new AuthorizationDecision(known.caller().may(service, write)))
        .defaultIfEmpty(new AuthorizationDecision(false));
  }

  /// The scope that a request with this method needs.
  String needed(HttpMethod method) {
    return service + (writes(method) ? ":write" : ":read");
  }

  private static boolean writes(HttpMethod method) {
    return !HttpMethod.GET.equals(method) && !HttpMethod.HEAD.equals(method);
  }
}
