package io.plimsoll.auth.key;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// What a token may do: `<service>:read|write|admin`, in the order given, each once.
///
/// @param values as in the `scope` of a token
public record Scopes(List<String> values) {

  /// What a key may do unless it is made with less or more.
  public static final Scopes DEFAULT =
      new Scopes(List.of("chat:read", "chat:write", "textsync:read", "textsync:write"));

  /// Bounds of what is parsed: longer ones would not fit a token that a gateway accepts.
  public static final int MAX_LENGTH = 1024;

  private static final Pattern SCOPE = Pattern.compile("[a-z][a-z0-9-]{0,31}:(?:read|write|admin)");
  private static final String ADMIN = ":admin";

  public Scopes {
    values = List.copyOf(values);
  }

  /// Reads the space-separated form of [RFC
  /// 6749](https://www.rfc-editor.org/rfc/rfc6749#section-3.3); empty when it is malformed, too
  /// long or names nothing.
  public static Optional<Scopes> parse(String text) {
    return text.length() > MAX_LENGTH || text.isEmpty() ? Optional.empty() : ofToken(text);
  }

  /// Reads the `scope` of a token that a tenant's backend signed, as gateways do: of any length,
  /// and nothing at all is no scope. Empty when it is malformed.
  public static Optional<Scopes> ofToken(String text) {
    Set<String> values = new LinkedHashSet<>();
    if (!text.isEmpty()) {
      for (String value : text.split(" ", -1)) {
        if (!SCOPE.matcher(value).matches()) {
          return Optional.empty();
        }
        values.add(value);
      }
    }
    return Optional.of(new Scopes(List.copyOf(values)));
  }

  /// Whether all that is asked for is at or below these; a service's `admin` includes its `read`
  /// and `write`.
  public boolean cover(Scopes asked) {
    return asked.values.stream()
        .allMatch(
            scope ->
                values.contains(scope)
                    || values.contains(scope.substring(0, scope.indexOf(':')) + ADMIN));
  }

  public boolean haveAdmin() {
    return values.stream().anyMatch(scope -> scope.endsWith(ADMIN));
  }

  public Scopes withoutAdmin() {
    return new Scopes(values.stream().filter(scope -> !scope.endsWith(ADMIN)).toList());
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  @Override
  public String toString() {
    return String.join(" ", values);
  }
}
