package io.plimsoll.chat.room;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.place.InTransaction;
import io.plimsoll.chat.place.NotAllowedException;
import io.plimsoll.chat.user.Users;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hibernate.exception.ConstraintViolationException;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/// Making, changing and deleting rooms, joining and leaving them: one transaction and one append
/// each.
@Component
public class Rooms {

  private static final String FIND =
      """
      select r from StoredRoom r
      where r.key.tenant = :tenant and r.id = :id and r.deletedAt is null
      """;

  /// The index that refuses a second room of an id.
  private static final String ID_IN_USE = "room_id";

  private final EntityManager entities;
  private final JdbcClient jdbc;
  private final RoomAccess access;
  private final Members members;
  private final Users users;
  private final Topics topics;
  private final EventData data;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  Rooms(
      EntityManager entities,
      JdbcClient jdbc,
      RoomAccess access,
      Members members,
      Users users,
      Topics topics,
      EventData data,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.entities = entities;
    this.jdbc = jdbc;
    this.access = access;
    this.members = members;
    this.users = users;
    this.topics = topics;
    this.data = data;
    this.publisher = publisher;
    this.clock = clock;
  }

  /// What a room is made from.
  ///
  /// @param id null to have one made
  /// @param members beside the creator
  record NewRoom(
      @Nullable String id,
      String name,
      boolean isPrivate,
      Collection<String> members,
      @Nullable String custom) {}

  @InTransaction
  Room create(Caller caller, NewRoom wanted) {
    String tenant = caller.tenant();
    String id = wanted.id == null ? UUID.randomUUID().toString() : wanted.id;
    Instant now = now();
    List<String> named =
        caller.user() == null
            ? List.copyOf(wanted.members)
            : Stream.concat(Stream.of(caller.user()), wanted.members.stream()).toList();
    users.named(tenant, named);
    StoredRoom room =
        new StoredRoom(
            new StoredRoom.Key(tenant, nextNumber()),
            id,
            wanted.name,
            wanted.isPrivate,
            caller.user(),
            wanted.custom,
            now);
    if (find(tenant, id, LockModeType.NONE).isPresent()) {
      throw new RoomExistsException(id);
    }
    try {
      entities.persist(room);
      entities.flush();
    } catch (ConstraintViolationException e) {
      if (ID_IN_USE.equals(e.getConstraintName())) {
        throw new RoomExistsException(id); // made at the same moment
      }
      // a sequence goes back where a database is copied and its server killed: another number
      throw new ConcurrencyFailureException("a room has the number already", e);
    }
    if (add(tenant, room.key().number(), id, named).isEmpty()) {
      topics.create(ChatTopics.room(tenant, id, room.key().number()));
    }
    return room.resource();
  }

  /// What is to be changed; null leaves it.
  ///
  /// @param custom taken only if `changesCustom`, for null takes it away
  record Change(
      @Nullable String name,
      @Nullable Boolean isPrivate,
      boolean changesCustom,
      @Nullable String custom) {}

  @Transactional
  Room change(Caller caller, String id, Change change) {
    StoredRoom room = changeable(caller, id);
    Room before = room.resource();
    boolean changed =
        room.change(
            change.name == null ? before.name() : change.name,
            change.isPrivate == null ? before.isPrivate() : change.isPrivate,
            change.changesCustom ? change.custom : before.custom(),
            now());
    if (changed) {
      entities.flush();
      topics.append(
          ChatTopics.room(caller.tenant(), id, room.key().number()),
          data.event(EventTypes.ROOM_UPDATED, room.resource()));
    }
    return room.resource();
  }

  /// The room is gone at once; its rows go in the background.
  @Transactional
  void delete(Caller caller, String id) {
    StoredRoom room = changeable(caller, id);
    room.delete(now());
    entities.flush();
    Topic topic = ChatTopics.room(caller.tenant(), id, room.key().number());
    topics.append(topic, data.event(EventTypes.ROOM_DELETED, room.resource()));
    topics.delete(topic);
  }

  /// Alone with the room's row until the end of the transaction.
  private StoredRoom changeable(Caller caller, String id) {
    FoundRoom found = access.readable(caller, id);
    if (!found.changeableBy(caller)) {
      throw new NotAllowedException("only the room's creator and the tenant change it");
    }
    StoredRoom room =
        find(caller.tenant(), id, LockModeType.PESSIMISTIC_WRITE)
            .orElseThrow(() -> new UnknownRoomException(id));
    if (room.key().number() != found.number()) {
      throw new UnknownRoomException(id); // deleted and made again in between
    }
    return room;
  }

  Room get(Caller caller, String id) {
    return access.read(
        caller,
        id,
        _ ->
            find(caller.tenant(), id, LockModeType.NONE)
                .map(StoredRoom::resource)
                .orElseThrow(() -> new UnknownRoomException(id)));
  }

  /// The room for whoever asks; for snapshots.
  public Optional<Room> snapshot(String tenant, long number) {
    return Optional.ofNullable(entities.find(StoredRoom.class, new StoredRoom.Key(tenant, number)))
        .filter(room -> !room.deleted())
        .map(StoredRoom::resource);
  }

  private Optional<StoredRoom> find(String tenant, String id, LockModeType lock) {
    return entities
        .createQuery(FIND, StoredRoom.class)
        .setParameter("tenant", tenant)
        .setParameter("id", id)
        .setLockMode(lock)
        .getResultList()
        .stream()
        .findFirst();
  }

  private long nextNumber() {
    return jdbc.sql("select nextval('room_number')").query(Long.class).single();
  }

  /// A membership, and whether it is new.
  record Added(Member member, boolean isNew) {}

  @InTransaction
  Added addMember(Caller caller, String id, String user) {
    FoundRoom room = access.held(caller, id, user);
    boolean joins = user.equals(caller.user()) && !room.isPrivate();
    if (room.member()) {
      return wasMember(room, user);
    }
    if (!joins && !room.changeableBy(caller)) {
      throw new NotAllowedException("only the room's creator and the tenant add others");
    }
    users.named(caller.tenant(), List.of(user));
    List<Member> added = add(caller.tenant(), room.number(), id, List.of(user));
    if (added.isEmpty()) { // somebody else's transaction was quicker
      return wasMember(room, user);
    }
    publisher.publishEvent(new Joined(caller.tenant(), user, room.number(), id));
    return new Added(added.getFirst(), true);
  }

  /// Those who were no members yet.
  private List<Member> add(String tenant, long number, String id, List<String> users) {
    Members.Additions additions = members.add(tenant, number, id, users);
    if (!additions.events().isEmpty()) {
      topics.append(additions.events());
      members.checkLimits(tenant, number, additions.members());
    }
    return additions.members();
  }

  private Added wasMember(FoundRoom room, String user) {
    return members
        .find(room, user)
        .map(member -> new Added(member, false))
        .orElseThrow(() -> new ConcurrencyFailureException(user + " was removed meanwhile"));
  }

  @InTransaction
  void removeMember(Caller caller, String id, String user) {
    FoundRoom room = access.held(caller, id, user);
    if (!user.equals(caller.user()) && !room.changeableBy(caller)) {
      throw new NotAllowedException("only the room's creator and the tenant remove others");
    }
    Map<Topic, List<NewEvent>> events =
        members.remove(caller.tenant(), room.number(), id, List.of(user));
    if (!events.isEmpty()) {
      topics.append(events);
    }
  }

  /// What the database, JSON and JavaScript can all hold.
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
