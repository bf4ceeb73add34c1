package io.plimsoll.auth.audit;

/// Who changes something: `operator:<fingerprint of the admin token>`, `key:<key id>`, or
/// `token:<name of the token>` for a tenant that calls with a token of its own.
///
/// @param name as the audit log shows it
public record Actor(String name) {

  public static Actor operator(String fingerprint) {
    return new Actor("operator:" + fingerprint);
  }

  public static Actor key(String keyId) {
    return new Actor("key:" + keyId);
  }

  public static Actor token(String authRef) {
    return new Actor("token:" + authRef);
  }
}
