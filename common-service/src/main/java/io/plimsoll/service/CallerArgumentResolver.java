package io.plimsoll.service;

import org.springframework.core.MethodParameter;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.result.method.HandlerMethodArgumentResolver;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Gives a controller method its [Caller]. On a public path there is none: such a method must not
/// ask for one, and gets an error that says so.
final class CallerArgumentResolver implements HandlerMethodArgumentResolver {

  @Override
  public boolean supportsParameter(MethodParameter parameter) {
    return parameter.getParameterType() == Caller.class;
  }

  @Override
  public Mono<Object> resolveArgument(
      MethodParameter parameter, BindingContext bindingContext, ServerWebExchange exchange) {
    return exchange
        .getPrincipal()
        .ofType(CallerAuthentication.class)
        .<Object>map(CallerAuthentication::caller)
        .switchIfEmpty(
            Mono.error(() -> new IllegalStateException("no caller on public path " + parameter)));
  }
}
