package io.plimsoll.gateway.token;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.service.Credentials;
import io.plimsoll.gateway.worker.Workers;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Knows who calls, or refuses.
public final class Verification implements Step {

  private static final String BEARER = "bearer ";

  private final Tokens tokens;
  private final Tickets tickets;
  private final ClientAddress addresses;
  private final Sequel sequel;

  Verification(Tokens tokens, Tickets tickets, ClientAddress addresses, Sequel sequel) {
    this.tokens = tokens;
    this.tickets = tickets;
    this.addresses = addresses;
    this.sequel = sequel;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    if (call.credentials() != Credentials.TOKEN) {
      return null;
    }
    List<String> authorization = call.headers().getAll(HttpHeaderNames.AUTHORIZATION);
    String ticket = call.target().ticket();
    if (ticket != null) {
      if (!authorization.isEmpty()) {
        throw Problem.of(400, "two-credentials", "Send a token or a ticket.").exception();
      }
      return remember(call, tickets.admit(ticket, call, call.address(addresses)));
    }
    if (authorization.isEmpty()) {
      throw Problem.unauthorized("token-missing", "Send a token: Authorization: Bearer …")
          .exception();
    }
    String first = authorization.getFirst();
    // RFC 9110, section 11.1: the scheme's case does not matter
    if (authorization.size() > 1 || !first.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      throw Jws.malformed("Send one Authorization header, of the scheme Bearer.");
    }
    Verified seen = tokens.seen(first, BEARER.length());
    if (seen != null) {
      call.caller(seen);
      return null;
    }
    return remember(call, tokens.access(first.substring(BEARER.length()), call.address(addresses)));
  }

  private Mono<Void> remember(Call call, Mono<Verified> verification) {
    return verification
        .doOnNext(
            caller -> {
              call.caller(caller);
              if (Workers.isHere()) {
                sequel.verified(caller, call.service());
              }
            })
        .then();
  }
}
