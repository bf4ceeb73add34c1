package io.plimsoll.gateway.edge;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.request.RequestTarget;
import io.plimsoll.gateway.service.Service;
import io.plimsoll.gateway.service.Services;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Refuses ambiguous targets and unknown methods before anything is decided by them, and finds the
/// service whose the path is. Answers to a URL with a secret must be kept by nobody.
public final class Targets implements Step {

  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.PATCH,
          HttpMethod.DELETE,
          HttpMethod.OPTIONS);

  private final Services services;

  Targets(Services services) {
    this.services = services;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    RequestTarget target;
    try {
      target = RequestTarget.parse(call.request().uri());
    } catch (ProblemException e) {
      call.keepSecret();
      throw e;
    }
    call.target(target);
    if (!call.ownsConnection()) { // of HTTP/1.1 it was looked at before
      String host = call.headers().get(HttpHeaderNames.HOST);
      if (host == null || host.isEmpty() || !Malformed.isHost(host)) {
        throw Problem.of(400, "bad-request", "Send a host, and nothing else, as :authority.")
            .exception();
      }
    }
    if (!METHODS.contains(call.method())) {
      throw Problem.of(501, "unknown-method", "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.")
          .exception();
    }
    if (target.ticket() != null) {
      call.keepSecret();
    }
    Service service = services.at(target.path());
    if (service == null) {
      throw Problem.of(404, "not-found", "No service is at this path.").exception();
    }
    call.service(service);
    return null;
  }
}
