package io.plimsoll.gateway.token;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.authority.Scopes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the claims of tokens and tickets and checks what needs no cryptography.
///
/// @param claims as in the payload
record Claims(Map<String, Object> claims) {

  /// All that can stand in a URL: `.` and `..` would be another path.
  private static final Pattern USER = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9_.~-]{1,128}");

  /// How far ahead of ours the clock of the issuer may be. A token is refused from `exp` on.
  private static final Duration AHEAD = Duration.ofSeconds(60);

  /// 2^53 - 1: what every JSON implementation reads alike.
  private static final long MAX_TIME = 9_007_199_254_740_991L;

  /// Whose it says it is; empty when it does not say.
  String issuer() {
    return claims.get("iss") instanceof String text ? text : "";
  }

  void checkAudience(String audience) {
    Object aud = claims.get("aud");
    if (!audience.equals(aud) && !(aud instanceof List<?> many && many.contains(audience))) {
      throw Problem.unauthorized("wrong-audience", "The token is not for " + audience + ".")
          .exception();
    }
  }

  void checkTimes(Duration maxLife, Instant now) {
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

  /// A tenant's backend says who its user is and what he may do, and nothing else of ours.
  void checkReserved() {
    for (String name : claims.keySet()) {
      if (name.equals("tenant") || name.startsWith("plimsoll_")) {
        throw reserved("The claims tenant and plimsoll_* are the platform's.");
      }
    }
  }

  private static RuntimeException reserved(String detail) {
    return Problem.unauthorized("reserved-claim", detail).exception();
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

  /// The user that a tenant's backend names.
  String user() {
    String sub = text("sub");
    if (!USER.matcher(sub).matches()) {
      throw Jws.malformed("The claim sub is not a user's id.");
    }
    return sub;
  }

  /// The user, or null when the tenant itself calls: of auth-service's tokens.
  @Nullable String actor() {
    return switch (text("plimsoll_actor")) {
      case "tenant" -> null;
      case "user" -> user();
      default -> throw Jws.malformed("The claim plimsoll_actor is neither user nor tenant.");
    };
  }

  /// What auth-service says that the caller may do; may be empty.
  String scope() {
    if (claims.get("scope") instanceof String text) {
      return text;
    }
    throw Jws.malformed("The claim scope is missing.");
  }

  /// What a tenant's backend asks for, null for all that its key may do: never a service's
  /// administration, for it speaks for a user.
  @Nullable Scopes asked() {
    if (!claims.containsKey("scope")) {
      return null;
    }
    Scopes asked =
        Scopes.parse(scope())
            .orElseThrow(() -> Jws.malformed("The claim scope is not a list of scopes."));
    if (asked.haveAdmin()) {
      throw reserved("A user can't have a scope of administration.");
    }
    return asked;
  }

  /// The scope within what the key may do.
  ///
  /// @param asked null for all of it
  static Scopes granted(@Nullable Scopes asked, Scopes ceiling) {
    if (asked == null) {
      return ceiling.withoutAdmin();
    }
    if (!ceiling.cover(asked)) {
      throw reserved("The scope is more than the API key may give.");
    }
    return asked;
  }
}
