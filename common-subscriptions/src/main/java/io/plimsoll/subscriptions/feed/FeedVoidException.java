package io.plimsoll.subscriptions.feed;

/// The log went back to an earlier state while somebody waited for a feed; join again.
final class FeedVoidException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  FeedVoidException() {
    super("the log went back to an earlier state (expected: to join again)");
  }
}
