package io.plimsoll.subscriptions;

/// An event to append.
///
/// @param type what happened, for example `message.created`; 1 to 64 characters of `[a-z.-]`
/// @param data the payload, one JSON value without line breaks between its tokens
/// @param numbered whether the event's own offset becomes the first member, `offset`, of `data`,
///   which then must be an object
public record NewEvent(String type, String data, boolean numbered) {

  public NewEvent {
    if (type.isEmpty() || type.length() > 64 || !type.matches("[a-z.-]+")) {
      throw new IllegalArgumentException("type: " + type + " (expected: [a-z.-]{1,64})");
    }
    if (data.isEmpty() || data.indexOf('\n') >= 0 || data.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("data: empty or broken into lines (expected: one line)");
    }
    if (numbered && (data.length() < 2 || data.charAt(0) != '{')) {
      throw new IllegalArgumentException("data: not an object (expected: one, to be numbered)");
    }
  }

  public static NewEvent of(String type, String data) {
    return new NewEvent(type, data, false);
  }

  /// An event whose data, a JSON object, gets its own offset as first member: `{"offset":7,…}`.
  public static NewEvent numbered(String type, String data) {
    return new NewEvent(type, data, true);
  }
}
