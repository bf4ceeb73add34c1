package io.plimsoll.subscriptions.feed;

import org.jspecify.annotations.Nullable;

/// The log did not answer, or not in time; worth another try.
public final class LogUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  LogUnavailableException(@Nullable Throwable cause) {
    super("the event log does not answer", cause);
  }
}
