package io.plimsoll.chat.place;

import io.plimsoll.service.Caller;
import org.jspecify.annotations.Nullable;

/// For whom a request acts.
public final class Sender {

  private Sender() {}

  /// The user who acts: the token's; or, when the tenant itself calls, the one that the request
  /// names as `senderId`, which a user's request may not.
  public static String of(Caller caller, @Nullable String senderId) {
    if (caller.user() == null) {
      if (senderId == null) {
        throw new InvalidBodyException("senderId", "a user, when the tenant's own token acts");
      }
      return Ids.checked("senderId", senderId);
    }
    if (senderId != null) {
      throw new InvalidBodyException("senderId", "none; the token names the sender");
    }
    return caller.user();
  }
}
