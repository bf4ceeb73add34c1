package io.plimsoll.gateway.service;

/// What a path asks its caller to show.
public enum Credentials {
  /// An access token, or a stream ticket; the service gets an internal token instead.
  TOKEN,
  /// HTTP Basic of an API key, which passes to the service; nothing else does.
  CLIENT,
  /// Nothing, and nothing passes.
  NONE
}
