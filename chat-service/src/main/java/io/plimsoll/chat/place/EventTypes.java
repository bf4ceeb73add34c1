package io.plimsoll.chat.place;

/// What happens in rooms and to users; README.md says what each event's data is.
public final class EventTypes {

  public static final String MESSAGE_CREATED = "message.created";
  public static final String MESSAGE_EDITED = "message.edited";
  public static final String MESSAGE_DELETED = "message.deleted";
  public static final String MEMBER_ADDED = "member.added";
  public static final String MEMBER_REMOVED = "member.removed";
  public static final String ROOM_UPDATED = "room.updated";
  public static final String ROOM_DELETED = "room.deleted";
  public static final String USER_DELETED = "user.deleted";
  public static final String CURSOR_MOVED = "cursor.moved";

  /// Ephemeral, as a `cursor.moved` in a room is.
  public static final String TYPING = "typing";

  /// Ephemeral.
  public static final String PRESENCE = "presence";

  /// Ephemeral.
  public static final String UNREAD = "unread";

  private EventTypes() {}
}
