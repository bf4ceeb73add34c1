package io.plimsoll.auth.ticket;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.service.Caller;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/// Gives a caller a ticket for one stream, because a browser's `EventSource` can't send headers.
@RestController
class TicketController {

  /// An origin as browsers serialize it; `null` is the origin of a sandboxed page or a file.
  private static final Pattern ORIGIN =
      Pattern.compile("null|[a-z][a-z0-9+.-]{0,31}://[A-Za-z0-9._~%:\\[\\]-]{1,255}");

  record Wanted(@NotNull String path) {}

  record Ticket(String ticket, Instant expiresAt) {

    /// Answers are logged at level debug; the ticket must not be.
    @Override
    public String toString() {
      return "Ticket[…]";
    }
  }

  private final Tickets tickets;
  private final Counter issued;

  TicketController(Tickets tickets, MeterRegistry registry) {
    this.tickets = tickets;
    this.issued = registry.counter("plimsoll.auth.tickets");
  }

  @PostMapping(path = "/auth/v1/tickets", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<Ticket> ticket(
      Caller caller, ServerHttpRequest request, @Valid @RequestBody Wanted wanted) {
    RoutedPath path = RoutedPath.parse(wanted.path()).orElseThrow(InvalidPathException::new);
    Tickets.Minted minted = tickets.mint(caller, path, origin(request.getHeaders()));
    issued.increment();
    return ResponseEntity.status(HttpStatus.CREATED)
        .cacheControl(CacheControl.noStore())
        .body(new Ticket(minted.ticket(), minted.endsAt()));
  }

  private static @Nullable String origin(HttpHeaders headers) {
    List<String> origins = headers.getOrEmpty(HttpHeaders.ORIGIN);
    if (origins.isEmpty()) {
      return null;
    }
    if (origins.size() > 1 || !ORIGIN.matcher(origins.getFirst()).matches()) {
      throw new InvalidOriginException();
    }
    return origins.getFirst();
  }
}
