package io.plimsoll.chat.user;

/// The memberships of deleted users, until they are removed.
public interface FormerMemberships {

  /// Removes those of this user, each with the events that end their streams.
  void end(String tenant, String user);
}
