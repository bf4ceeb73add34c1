package io.plimsoll.gateway.edge;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.authority.Known;
import io.plimsoll.gateway.authority.Tenant;
import io.plimsoll.gateway.authority.Tenants;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.service.Credentials;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// After verification: whether a page of a foreign origin may do this with its tenant's token or
/// ticket. Public paths are open to every page; a path that takes a client's secret to none, for a
/// secret has no place in a page.
public final class Origins implements Step {

  private final Tenants tenants;

  Origins(Tenants tenants) {
    this.tenants = tenants;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    String origin = call.undecidedOrigin();
    if (origin == null) {
      return null;
    }
    Verified caller = call.caller();
    if (caller == null) {
      if (call.credentials() != Credentials.NONE) {
        throw refused(call);
      }
      return null;
    }
    Known<Tenant> held = tenants.peek(caller.tenant());
    if (held != null) {
      judge(call, origin, held.entry());
      return null;
    }
    return tenants
        .get(caller.tenant())
        .onErrorMap(
            _ ->
                Problem.unavailable("keys-unavailable", "Origins can't be told now; repeat.")
                    .exception())
        .doOnNext(tenant -> judge(call, origin, tenant.entry()))
        .then();
  }

  private static void judge(Call call, String origin, @Nullable Tenant tenant) {
    if (tenant == null || !tenant.origins().contains(origin)) {
      throw refused(call);
    }
    call.answerHeaders().set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
  }

  private static ProblemException refused(Call call) {
    call.answerHeaders().remove(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN);
    return Problem.of(403, "origin-not-allowed", "Pages of this origin may not call here.")
        .exception();
  }
}
