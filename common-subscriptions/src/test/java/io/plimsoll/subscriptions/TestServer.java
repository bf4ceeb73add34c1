package io.plimsoll.subscriptions;

/// A running PostgreSQL or Redis.
public interface TestServer extends AutoCloseable {

  default String host() {
    return "127.0.0.1";
  }

  int port();

  /// Stops it; its port stays reserved for it.
  void stop();

  /// Starts it again on the same port, with the data it had (Redis: with none); returns when it
  /// answers.
  void start();

  @Override
  void close();
}
