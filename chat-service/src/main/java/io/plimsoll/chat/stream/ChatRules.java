package io.plimsoll.chat.stream;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/// Whose streams of a room end with which event. Who was removed from a public room, or may read a
/// room that has become private, is told apart by asking whether they may read it now.
@Component
class ChatRules implements StreamRules {

  /// Looked up when first asked: the module's beans, on which access depends in turn, need the
  /// rules to be made.
  private final ObjectProvider<RoomAccess> access;

  private final JsonMapper json;

  ChatRules(ObjectProvider<RoomAccess> access, JsonMapper json) {
    this.access = access;
    this.json = json;
  }

  @Override
  public Ends ends(Topic topic, Event event) {
    return switch (event.type()) {
      case EventTypes.ROOM_DELETED -> new Ends.Everyone();
      case EventTypes.USER_DELETED ->
          ChatTopics.isGone(topic)
              ? new Ends.Subscribers(
                  Set.of(ChatTopics.subscriber(ChatTopics.tenant(topic), text(event, "id"))))
              : new Ends.Everyone();
      case EventTypes.MEMBER_REMOVED ->
          ChatTopics.isRoom(topic)
              ? new Ends.Subscribers(
                  Set.of(ChatTopics.subscriber(ChatTopics.tenant(topic), text(event, "userId"))))
              : new Ends.NoOne();
      case EventTypes.ROOM_UPDATED ->
          json.readTree(event.data()).path("private").asBoolean(false)
              ? new Ends.EveryoneWithoutAccess()
              : new Ends.NoOne();
      default -> new Ends.NoOne();
    };
  }

  /// A deleted user's streams end in rooms that never heard of them too.
  @Override
  public @Nullable Topic watched(String subscriber) {
    return ChatTopics.subscriberUser(subscriber) == null
        ? null
        : ChatTopics.gone(ChatTopics.subscriberTenant(subscriber));
  }

  private String text(Event event, String member) {
    return json.readTree(event.data()).path(member).asString("");
  }

  @Override
  public boolean mayRead(Topic topic, String subscriber) {
    String tenant = ChatTopics.tenant(topic);
    String user = ChatTopics.subscriberUser(subscriber);
    if (!ChatTopics.subscriberTenant(subscriber).equals(tenant)) {
      return false;
    }
    return ChatTopics.isRoom(topic)
        ? access.getObject().mayRead(tenant, ChatTopics.name(topic), ChatTopics.number(topic), user)
        : ChatTopics.name(topic).equals(user);
  }
}
