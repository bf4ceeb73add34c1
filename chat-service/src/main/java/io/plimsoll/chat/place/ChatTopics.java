package io.plimsoll.chat.place;

import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topic;
import org.jspecify.annotations.Nullable;

/// The topics of chat, and who subscribes to them, by name.
///
/// Topics are `room` `tenant/room` and `user` `tenant/user`. A subscriber is `tenant/user`, or
/// `tenant` for the tenant's own token: a user of any name can't be taken for it, since ids have no
/// slash.
public final class ChatTopics {

  public static final String ROOM = "room";
  public static final String USER = "user";

  private ChatTopics() {}

  public static Topic room(String tenant, String room) {
    return new Topic(ROOM, tenant + "/" + room);
  }

  public static Topic user(String tenant, String user) {
    return new Topic(USER, tenant + "/" + user);
  }

  public static boolean isRoom(Topic topic) {
    return topic.kind().equals(ROOM);
  }

  public static String tenant(Topic topic) {
    return topic.key().substring(0, topic.key().indexOf('/'));
  }

  /// The id of the room or user.
  public static String name(Topic topic) {
    return topic.key().substring(topic.key().indexOf('/') + 1);
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
