package io.plimsoll.gateway.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.authority.ApiKeys;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.limit.Buckets;
import io.plimsoll.gateway.request.ClientAddress;
import io.plimsoll.gateway.service.Credentials;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Limits, per address and per client id and on this gateway alone, how often a client's secret may
/// be tried: before any look-up, for each costs the auth-service a query.
///
/// An id is no secret, it stands in tokens. So whoever was let in with it from an address lately is
/// not held up there by what others try with it.
public final class ClientRates implements Step {

  private static final String BASIC = "basic ";

  private final Buckets buckets;
  private final ClientAddress addresses;

  /// Ids that were good, each at an address.
  private final Cache<String, Boolean> welcome =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterAccess(Duration.ofHours(1)).build();

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
    if (id == null) {
      return null;
    }
    String here = id + " at " + address;
    if (welcome.getIfPresent(here) == null && !buckets.take("client " + id)) {
      throw refused("Too many requests of this client.", "client " + id);
    }
    call.whenOver(
        () -> {
          if (call.status() == 200) {
            welcome.put(here, true);
          }
        });
    return null;
  }

  private ProblemException refused(String detail, String bucket) {
    return Problem.of(429, "rate-limited", detail)
        .retryAfter(buckets.retryAfter(bucket))
        .exception();
  }

  /// As auth-service reads it: [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617), up to the first
  /// colon, and form-encoded within (RFC 6749, section 2.3.1). What can't be read it refuses
  /// without a look-up.
  private static @Nullable String clientId(List<String> authorization) {
    if (authorization.size() != 1
        || !authorization.getFirst().toLowerCase(Locale.ROOT).startsWith(BASIC)) {
      return null;
    }
    try {
      String pair =
          new String(
              Base64.getDecoder()
                  .decode(authorization.getFirst().substring(BASIC.length()).strip()),
              StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      String id =
          colon < 1 ? "" : URLDecoder.decode(pair.substring(0, colon), StandardCharsets.UTF_8);
      return ApiKeys.isId(id) ? id : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
