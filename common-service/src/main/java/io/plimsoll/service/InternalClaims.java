package io.plimsoll.service;

/// The claims of an internal token that a service reads.
final class InternalClaims {

  static final String TENANT = "tenant";
  static final String SUBJECT = "sub";
  static final String SCOPE = "scope";

  /// When the customer's own token ends.
  static final String AUTH_EXPIRY = "auth_exp";

  /// The customer's token's name, as revocations know it.
  static final String AUTH_REF = "auth_ref";

  private InternalClaims() {}
}
