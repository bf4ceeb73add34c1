package io.plimsoll.gateway.token;

import io.plimsoll.gateway.answer.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the claims of auth-service's tokens and checks what needs no cryptography: RFC 9068 for
/// access tokens, and the same for tickets.
///
/// @param claims as in the payload
record Claims(Map<String, Object> claims) {

  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_.~-]{1,128}");

  /// How far ahead of ours the clock of the issuer may be. A token is refused from `exp` on.
  private static final Duration AHEAD = Duration.ofSeconds(60);

  /// 2^53 - 1: what every JSON implementation reads alike.
  private static final long MAX_TIME = 9_007_199_254_740_991L;

  void check(String issuer, String audience, Duration maxLife, Instant now) {
    if (!issuer.equals(claims.get("iss"))) {
      throw Problem.unauthorized("wrong-issuer", "The token is not from " + issuer + ".")
          .exception();
    }
    Object aud = claims.get("aud");
    if (!audience.equals(aud) && !(aud instanceof List<?> many && many.contains(audience))) {
      throw Problem.unauthorized("wrong-audience", "The token is not for " + audience + ".")
          .exception();
    }
    long issued = time("iat");
    long expires = time("exp");
    long latestStart = now.plus(AHEAD).getEpochSecond();
    if (now.getEpochSecond() >= expires) {
      throw Problem.unauthorized("expired", "The token has expired.").exception();
    }
    if (issued > latestStart || (claims.containsKey("nbf") && time("nbf") > latestStart)) {
      throw Problem.unauthorized("not-yet", "The token is not valid yet.").exception();
    }
    if (expires - issued > maxLife.toSeconds()) {
      throw Problem.unauthorized(
              "too-long", "A token lives at most " + maxLife.toHours() + " hours.")
          .exception();
    }
  }

  long time(String name) {
    Object value = claims.get(name);
    if ((value instanceof Integer || value instanceof Long)
        && value instanceof Number number
        && number.longValue() >= 0
        && number.longValue() <= MAX_TIME) {
      return number.longValue();
    }
    throw Jws.malformed("The claim " + name + " is not an integer.");
  }

  String text(String name) {
    if (claims.get(name) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw Jws.malformed("The claim " + name + " is missing.");
  }

  @Nullable String optionalText(String name) {
    return claims.containsKey(name) ? text(name) : null;
  }

  /// The user, or null when the tenant itself calls.
  @Nullable String user() {
    return switch (text("plimsoll_actor")) {
      case "tenant" -> null;
      case "user" -> {
        String sub = text("sub");
        if (!USER.matcher(sub).matches()) {
          throw Jws.malformed("The claim sub is not a user's id.");
        }
        yield sub;
      }
      default -> throw Jws.malformed("The claim plimsoll_actor is neither user nor tenant.");
    };
  }

  /// What the caller may do; may be empty.
  String scope() {
    if (claims.get("scope") instanceof String text) {
      return text;
    }
    throw Jws.malformed("The claim scope is missing.");
  }
}
