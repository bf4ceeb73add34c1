package io.plimsoll.gateway.token;

import io.netty.handler.codec.http.HttpMethod;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Verified;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

/// Admits stream tickets: what a browser's `EventSource`, which can't send headers, puts into its
/// URL. A URL is seen by proxies, histories and logs, so a ticket opens one path, as a stream, from
/// one origin, and is good for nothing unless used within a minute.
///
/// "First use" is what this gateway has seen. A ticket that is older than this process may have
/// been used before it started, so it is admitted: a browser takes a refusal for final, and would
/// not come back after a restart. A ticket that was forgotten, for the list is bounded, and a
/// tenant's part of it, is refused after that minute, and the page asks for another.
final class Tickets {

  /// For about 250,000 tickets.
  private static final DataSize REMEMBERED = DataSize.ofMegabytes(64);

  /// Of one, on the heap.
  private static final int BYTES = 256;

  private final Tokens tokens;
  private final Duration firstUse;
  private final Clock clock;
  private final Instant started;

  /// Those that were used.
  private final FairCache<Verified.Id, Used> used;

  private static final class Used extends FairCache.Entry<Verified.Id> {
    Used(Verified verified) {
      super(verified.id(), verified.tenant(), BYTES, verified.expires().getEpochSecond());
    }
  }

  Tickets(Tokens tokens, TokenProperties properties, Clock clock) {
    this.tokens = tokens;
    this.firstUse = properties.firstUse();
    this.clock = clock;
    this.started = clock.instant();
    this.used = new FairCache<>(REMEMBERED, clock);
  }

  Mono<Verified> admit(String ticket, Call call, String address) {
    if (!HttpMethod.GET.equals(call.method()) || !call.wantsEvents()) {
      return Mono.error(
          Problem.unauthorized("ticket-misused", "A ticket opens an event stream by GET.")
              .exception());
    }
    return tokens.ticket(ticket, address).doOnNext(verified -> check(verified, call));
  }

  private void check(Verified verified, Call call) {
    Verified.Ticket ticket = Objects.requireNonNull(verified.ticket());
    if (!ticket.path().equals(call.target().path())) {
      throw Problem.unauthorized("ticket-misused", "The ticket is for another path.").exception();
    }
    String origin = call.origin(); // a same-origin GET carries none
    if (ticket.origin() != null && origin != null && !ticket.origin().equals(origin)) {
      throw Problem.unauthorized("ticket-misused", "The ticket is for another origin.").exception();
    }
    if (used.get(verified.id()) == null) {
      Instant issued = ticket.issued();
      if (issued.isAfter(started) && clock.instant().isAfter(issued.plus(firstUse))) {
        throw Problem.unauthorized("ticket-unused", "The ticket was not used in time.").exception();
      }
      used.put(new Used(verified));
    }
  }
}
