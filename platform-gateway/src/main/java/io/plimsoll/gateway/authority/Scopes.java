package io.plimsoll.gateway.authority;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a token or a key may do: `<service>:read|write|admin`.
///
/// @param values in the order given, each once
public record Scopes(Set<String> values) {

  private static final Pattern SCOPE = Pattern.compile("[a-z][a-z0-9-]{0,31}:(?:read|write|admin)");
  private static final String ADMIN = ":admin";

  /// Reads the space-separated form; empty when it is malformed. Nothing at all is no scope.
  public static Optional<Scopes> parse(String text) {
    Set<String> values = new LinkedHashSet<>();
    if (!text.isEmpty()) {
      for (String value : text.split(" ", -1)) {
        if (!SCOPE.matcher(value).matches()) {
          return Optional.empty();
        }
        values.add(value);
      }
    }
    return Optional.of(new Scopes(values));
  }

  /// Whether all that is asked for is at or below these; a service's `admin` includes both others.
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
    return new Scopes(
        values.stream()
            .filter(scope -> !scope.endsWith(ADMIN))
            .collect(Collectors.toCollection(LinkedHashSet::new)));
  }

  @Override
  public String toString() {
    return String.join(" ", values);
  }
}
