package io.plimsoll.subscriptions.log;

import java.security.SecureRandom;

/// Draws the random tags that make positions verifiable. Unpredictable, so that a client cannot
/// make up a position that verifies.
final class Tags {

  private static final SecureRandom RANDOM = new SecureRandom();

  private Tags() {}

  static long next() {
    return RANDOM.nextLong() >>> 16;
  }
}
