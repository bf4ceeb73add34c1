package io.plimsoll.gateway.service;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/// Where instances are, as configuration says it.
public final class BaseUrls {

  private BaseUrls() {}

  /// Fails at the start, instead of with each call.
  ///
  /// @param property that says so
  /// @throws InvalidConfigurationPropertyValueException naming one that is no base URL
  public static void check(String property, List<? extends @Nullable URI> urls) {
    for (URI url : urls) {
      if (url == null) { // nothing between two commas
        throw new InvalidConfigurationPropertyValueException(property, "", "An entry is empty.");
      }
      if (!isBase(url)) {
        throw new InvalidConfigurationPropertyValueException(
            property, url, "'" + url + "' is not of the form http(s)://host[:port][/prefix].");
      }
    }
  }

  private static boolean isBase(URI url) {
    return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
        && url.getHost() != null
        && (url.getPort() == -1 || (url.getPort() > 0 && url.getPort() < 1 << 16))
        && url.getRawUserInfo() == null
        && url.getRawQuery() == null
        && url.getRawFragment() == null;
  }
}
