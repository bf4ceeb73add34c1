package io.plimsoll.gateway.edge;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.limit.Buckets;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.service.Credentials;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Limits, per address and per client id and on this gateway alone, how often a client's secret may
/// be tried: before any look-up, for each costs the auth-service a query.
public final class ClientRates implements Step {

  private static final String BASIC = "basic ";
  private static final int LONGEST_ID = 128;

  private final Buckets buckets;
  private final ClientAddress addresses;

  ClientRates(int rate, int burst, ClientAddress addresses, LongSupplier nanoTime) {
    this.buckets = new Buckets(rate, burst, nanoTime);
    this.addresses = addresses;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    if (call.credentials() != Credentials.CLIENT) {
      return null;
    }
    String address = "address " + call.address(addresses);
    if (!buckets.take(address)) {
      throw refused("Too many requests from this address.", address);
    }
    String id = clientId(call.headers().getAll(HttpHeaderNames.AUTHORIZATION));
    if (id != null && !buckets.take("client " + id)) {
      throw refused("Too many requests of this client.", "client " + id);
    }
    return null;
  }

  private ProblemException refused(String detail, String bucket) {
    return Problem.of(429, "rate-limited", detail)
        .retryAfter(buckets.retryAfter(bucket))
        .exception();
  }

  /// RFC 7617: up to the first colon. What can't be read the service will refuse.
  private static @Nullable String clientId(List<String> authorization) {
    if (authorization.size() != 1
        || !authorization.getFirst().toLowerCase(Locale.ROOT).startsWith(BASIC)) {
      return null;
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(authorization.getFirst().substring(BASIC.length())),
              StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon > 0 && colon <= LONGEST_ID ? pair.substring(0, colon) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
