package io.plimsoll.gateway.edge;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Lets pages call the platform: those of its own URL and of listed origins with every token,
/// others if the tenant of their token allows it, which [Origins] decides when that tenant is
/// known.
///
/// A preflight carries no token, so it is answered for every origin: it permits nothing but the
/// request itself, which is judged. No answer ever allows credentials: tokens are sent by the
/// page's own code, and nothing is sent along by the browser. An error before the tenant is known
/// may be read by any page: there is nothing in it but what the page did wrong.
public final class Cors implements Step {

  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

  /// `*` does not include it.
  private static final String HEADERS = "Authorization, *";

  private static final String EXPOSED =
      String.join(
          ", ",
          "RateLimit",
          "RateLimit-Policy",
          "Retry-After",
          "WWW-Authenticate",
          "Location",
          "ETag",
          "Stream-Next-Offset",
          "Stream-Up-To-Date",
          "Stream-Cursor",
          "Stream-Closed",
          "X-Request-Id");

  private final Set<String> allowed;

  Cors(URI own, List<String> others) {
    allowed =
        Stream.concat(Stream.of(origin(own)), others.stream())
            .collect(Collectors.toUnmodifiableSet());
  }

  /// As browsers write it: in lower case, and without the scheme's own port.
  static String origin(URI url) {
    String origin = (url.getScheme() + "://" + url.getAuthority()).toLowerCase(Locale.ROOT);
    String port = origin.startsWith("https:") ? ":443" : ":80";
    return origin.endsWith(port) ? origin.substring(0, origin.length() - port.length()) : origin;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    HttpHeaders headers = call.answerHeaders();
    headers.add(HttpHeaderNames.VARY, "Origin");
    String origin = call.origin();
    if (origin == null) {
      return null;
    }
    if (isPreflight(call)) {
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
      headers.set(HttpHeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
      call.answer(204, Unpooled.EMPTY_BUFFER);
      return null;
    }
    if (allowed.contains(origin)) {
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    } else {
      headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
      call.undecidedOrigin(origin);
    }
    headers.set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    return null;
  }

  private static boolean isPreflight(Call call) {
    return HttpMethod.OPTIONS.equals(call.method())
        && call.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }
}
