package io.plimsoll.gateway.authority;

/// What this gateway shows to auth-service.
public interface GatewayCredential {

  /// An internal token with `sub: gateway`, no tenant, for auth-service.
  String token();
}
