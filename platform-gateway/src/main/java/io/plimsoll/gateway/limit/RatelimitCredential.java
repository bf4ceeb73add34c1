package io.plimsoll.gateway.limit;

/// What this gateway shows to ratelimit-service.
@FunctionalInterface
public interface RatelimitCredential {

  /// An internal token with `sub: gateway`, no tenant, for ratelimit-service.
  String token();
}
