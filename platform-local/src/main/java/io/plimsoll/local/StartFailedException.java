package io.plimsoll.local;

/// A process does not come up; the message says which and what it wrote last.
final class StartFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StartFailedException(String message) {
    super(message);
  }
}
