package io.plimsoll.acceptance.history;

/// A broken promise.
///
/// @param who the reader or producer that noticed
/// @param around the history around it, line by line
public record Violation(Cause cause, String topic, String who, String what, String around) {

  /// The promise that was broken.
  public enum Cause {
    /// An event was passed over.
    GAP,
    /// An event arrived again, or an earlier one after a later one.
    REPEATED,
    /// Two readers got different content at one offset.
    CHANGED,
    /// An event that nobody sent.
    PHANTOM,
    /// One send became two events.
    DOUBLED,
    /// Acknowledged, but not in the topic where it was said to be.
    MISSING,
    /// A producer that waited for each answer is not delivered in that order.
    REORDERED,
    /// A position that does not belong to the event or place it came with.
    POSITION,
    /// A reader was sent on in a history that had been undone.
    UNDONE,
    /// A reader was reset although its position was good.
    RESET,
    /// A page claimed to be up to date without what had been acknowledged before.
    STALE,
    /// A reader did not reach the head.
    UNREACHED,
    /// A status or an ending after which a browser does not come back.
    GAVE_UP,
    /// A correct request was refused.
    REFUSED,
    /// Bytes that are not what the protocol says.
    MALFORMED,
    /// Something arrived that the reader had no right to.
    LEAKED
  }

  @Override
  public String toString() {
    return cause + " " + topic + " " + who + ": " + what + (around.isEmpty() ? "" : "\n" + around);
  }
}
