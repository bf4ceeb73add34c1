package io.plimsoll.chat.stream;

import io.plimsoll.chat.message.Message;
import io.plimsoll.chat.message.Messages;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.room.Members;
import io.plimsoll.chat.room.Room;
import io.plimsoll.chat.room.RoomEntry;
import io.plimsoll.chat.room.RoomLimits;
import io.plimsoll.chat.room.RoomLists;
import io.plimsoll.chat.room.Rooms;
import io.plimsoll.chat.room.UnknownRoomException;
import io.plimsoll.subscriptions.SnapshotSource;
import io.plimsoll.subscriptions.Topic;
import java.util.List;
import org.springframework.stereotype.Component;

/// The state that a topic's events lead to. The law that the tests hold it to: a snapshot, plus the
/// events after it, is the later snapshot, but for `unread` and for the `room` in a user's
/// snapshot.
@Component
class ChatSnapshots implements SnapshotSource {

  /// @param messages the last ones by offset; deleted ones keep their place, or the events could
  ///   not tell which older one moves up
  record RoomSnapshot(Room room, long memberCount, List<Message> messages) {}

  record UserSnapshot(List<RoomEntry> rooms) {}

  private final Rooms rooms;
  private final RoomLists lists;
  private final Members members;
  private final Messages messages;
  private final RoomLimits limits;
  private final EventData data;

  ChatSnapshots(
      Rooms rooms,
      RoomLists lists,
      Members members,
      Messages messages,
      RoomLimits limits,
      EventData data) {
    this.rooms = rooms;
    this.lists = lists;
    this.members = members;
    this.messages = messages;
    this.limits = limits;
    this.data = data;
  }

  @Override
  public String snapshot(Topic topic) {
    String tenant = ChatTopics.tenant(topic);
    String name = ChatTopics.name(topic);
    return data.of(
        ChatTopics.isRoom(topic)
            ? room(tenant, name, ChatTopics.number(topic))
            : user(tenant, name));
  }

  /// What is unread changes with other topics' events.
  @Override
  public boolean followsEvents(Topic topic) {
    return ChatTopics.isRoom(topic);
  }

  private RoomSnapshot room(String tenant, String id, long number) {
    return new RoomSnapshot(
        rooms.snapshot(tenant, number).orElseThrow(() -> new UnknownRoomException(id)),
        members.count(tenant, number),
        messages.newest(tenant, number, id, limits.snapshotMessages()));
  }

  private UserSnapshot user(String tenant, String id) {
    return new UserSnapshot(lists.snapshot(tenant, id));
  }
}
