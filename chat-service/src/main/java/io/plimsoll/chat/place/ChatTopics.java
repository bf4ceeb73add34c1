package io.plimsoll.chat.place;

import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topic;
import org.jspecify.annotations.Nullable;

/// The topics of chat, and who subscribes to them, by name.
///
/// Topics are `room` `tenant/room/number`, `user` `tenant/user` and `gone` `tenant/users`: a room
/// that is made again under its id has another topic, so whoever was let into the former one can't
/// end up in it. A subscriber is `tenant/user`, or `tenant` for the tenant's own token: a user of
/// any name can't be taken for it, since ids have no slash.
public final class ChatTopics {

  public static final String ROOM = "room";
  public static final String USER = "user";

  private static final String GONE = "gone";

  private ChatTopics() {}

  /// The topic of the room of this number; others may have borne the id before.
  public static Topic room(String tenant, String room, long number) {
    return new Topic(ROOM, tenant + "/" + room + "/" + number);
  }

  public static Topic user(String tenant, String user) {
    return new Topic(USER, tenant + "/" + user);
  }

  /// Where it is told which users of the tenant were deleted; nobody subscribes to it.
  public static Topic gone(String tenant) {
    return new Topic(GONE, tenant + "/users");
  }

  public static boolean isGone(Topic topic) {
    return topic.kind().equals(GONE);
  }

  public static boolean isRoom(Topic topic) {
    return topic.kind().equals(ROOM);
  }

  public static String tenant(Topic topic) {
    return topic.key().substring(0, topic.key().indexOf('/'));
  }

  /// The id of the room or user.
  public static String name(Topic topic) {
    String key = topic.key();
    int from = key.indexOf('/') + 1;
    return isRoom(topic) ? key.substring(from, key.lastIndexOf('/')) : key.substring(from);
  }

  /// The number of the room.
  public static long number(Topic room) {
    return Long.parseLong(room.key().substring(room.key().lastIndexOf('/') + 1));
  }

  public static String subscriber(Caller caller) {
    return caller.user() == null ? caller.tenant() : subscriber(caller.tenant(), caller.user());
  }

  public static String subscriber(String tenant, String user) {
    return tenant + "/" + user;
  }

  public static String subscriberTenant(String subscriber) {
    int slash = subscriber.indexOf('/');
    return slash < 0 ? subscriber : subscriber.substring(0, slash);
  }

  /// Null for the tenant's own token.
  public static @Nullable String subscriberUser(String subscriber) {
    int slash = subscriber.indexOf('/');
    return slash < 0 ? null : subscriber.substring(slash + 1);
  }
}
