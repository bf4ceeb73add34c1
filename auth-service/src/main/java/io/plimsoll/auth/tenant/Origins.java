package io.plimsoll.auth.tenant;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Origins that a tenant allows, in the one spelling that browsers send ([the URL
/// standard](https://url.spec.whatwg.org/#origin)): lower case, no path, no default port. Gateways
/// compare byte by byte; another spelling would never match, so it is refused here.
final class Origins {

  private static final int MAX_LENGTH = 255;

  private static final Pattern ORIGIN =
      Pattern.compile(
          "(?:https?)://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\\[[0-9a-f:.]{2,45}])"
              + "(?::[1-9][0-9]{0,4})?");

  private Origins() {}

  /// @throws InvalidTenantException when one is no origin, stands twice, or they are too many
  static List<String> checked(List<@Nullable String> origins, int most) {
    if (origins.size() > most) {
      throw new InvalidTenantException("A tenant may allow " + most + " origins at most.");
    }
    Set<String> checked = new LinkedHashSet<>();
    for (@Nullable String origin : origins) {
      if (origin == null || !valid(origin)) {
        throw new InvalidTenantException(
            "Each of origins must be as a browser sends it, such as https://app.example:8443: lower"
                + " case, no path, no default port.");
      }
      if (!checked.add(origin)) {
        throw new InvalidTenantException("An origin stands twice.");
      }
    }
    return List.copyOf(checked);
  }

  private static boolean valid(String origin) {
    if (origin.length() > MAX_LENGTH
        || !ORIGIN.matcher(origin).matches()
        || origin.contains("..")
        || (origin.startsWith("https:") && origin.endsWith(":443"))
        || (origin.startsWith("http:") && origin.endsWith(":80"))) {
      return false;
    }
    String port = origin.replaceFirst("^https?://(?:\\[.*]|[^:]*):?", "");
    return port.isEmpty() || Integer.parseInt(port) <= 65_535;
  }
}
