package io.plimsoll.service;

import org.jspecify.annotations.Nullable;

/// A secret that the service can't start without is missing or unfit. The message names the
/// property and what is wrong, never the content.
public final class UnusableSecretException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String property;
  private final String need;

  /// @param property the property that points at the secret
  /// @param fault what is wrong with it
  /// @param need what the property must point at
  public UnusableSecretException(
      String property, String fault, String need, @Nullable Throwable cause) {
    super(property + " " + fault, cause);
    this.property = property;
    this.need = need;
  }

  String action() {
    return "Point " + property + " at " + need + ".";
  }
}
