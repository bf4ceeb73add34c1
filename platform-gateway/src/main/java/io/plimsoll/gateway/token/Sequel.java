package io.plimsoll.gateway.token;

import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.service.Service;

/// What a worker that has verified a token goes on with.
@FunctionalInterface
public interface Sequel {

  /// Called on the worker's thread; whether the caller will be admitted is not known yet.
  ///
  /// @param service that the caller wants
  void verified(Verified caller, Service service);
}
