package io.plimsoll.chat.message;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.chat.live.UnreadAgent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.place.NotAllowedException;
import io.plimsoll.chat.place.Page;
import io.plimsoll.chat.room.FoundRoom;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.service.Caller;
import io.plimsoll.service.UnavailableException;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.hibernate.jpa.AvailableHints;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/// The messages of all rooms: sending, editing, deleting, reading.
///
/// A send is three round trips: the event, the row, the commit. The event comes first, for it gives
/// the message its offset; with it comes the lock of the topic's row, under which everything that
/// changes a room happens, so the row's statement sees for certain whether the room is there, the
/// sender a member and the `clientId` new. If not, all is rolled back, which leaves no hole, and
/// what was wrong is looked up. Senders who are not known to be members are looked up first, so
/// that strangers do not come as far as the lock.
@Component
public class Messages {

  /// The sender's row is held, as a foreign key would: a message is numbered before its sender is
  /// deleted, or not at all.
  private static final String INSERT =
      """
      insert into message
        (tenant, room, "offset", tag, sender, client_id, hash, parts, created_at)
      select r.tenant, r.number, ?, ?, m.user_id, ?, ?, ?, ?
      from room r
      join member m on m.tenant = r.tenant and m.room = r.number
      join chat_user u on u.tenant = m.tenant and u.id = m.user_id and u.number <= m.number
      where r.tenant = ? and r.number = ? and r.id = ? and r.deleted_at is null and m.user_id = ?
      for key share of u
      on conflict do nothing
      returning true
      """;

  private static final String FIND_SENT =
      """
      select "offset", tag, hash, client_id, sender, parts, created_at, edited_at, deleted_at,
             number < (select u.number from chat_user u
                       where u.tenant = message.tenant and u.id = sender) as of_a_former
      from message where tenant = ? and sender = ? and room = ? and client_id = ?
      """;

  private static final String IS_OF_A_FORMER =
      """
      select x.number < u.number from message x
      join chat_user u on u.tenant = x.tenant and u.id = x.sender
      where x.tenant = ? and x.room = ? and x."offset" = ?
      """;

  private static final String LOCK =
      """
      select m from StoredMessage m
      where m.key.tenant = :tenant and m.key.room = :room and m.key.offset = :offset
      """;

  private static final String NEWEST =
      """
      select m from StoredMessage m
      where m.key.tenant = :tenant and m.key.room = :room and m.key.offset < :from
      order by m.key.offset desc
      """;

  private static final String OLDEST =
      """
      select m from StoredMessage m
      where m.key.tenant = :tenant and m.key.room = :room and m.key.offset > :from
      order by m.key.offset
      """;

  private static final int MAX_TRIES = 3;
  private static final int FETCHED_AT_ONCE = 8;

  private record Sender(String tenant, String room, String user) {}

  private final JdbcClient jdbc;
  private final EntityManager entities;
  private final TransactionTemplate transactions;
  private final Topics topics;
  private final EventData data;
  private final RoomAccess access;
  private final UnreadAgent unread;
  private final MessageLimits limits;
  private final Clock clock;

  /// Who was a member lately, and the room's number. A hint, for the number may be another room's
  /// after a restored backup: the statement that inserts the message decides.
  private final Cache<Sender, Long> senders =
      Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(Duration.ofMinutes(1)).build();

  Messages(
      JdbcClient jdbc,
      EntityManager entities,
      TransactionTemplate transactions,
      Topics topics,
      EventData data,
      RoomAccess access,
      UnreadAgent unread,
      MessageLimits limits,
      Clock clock) {
    this.jdbc = jdbc;
    this.entities = entities;
    this.transactions = transactions;
    this.topics = topics;
    this.data = data;
    this.access = access;
    this.unread = unread;
    this.limits = limits;
    this.clock = clock;
  }

  /// Sends a message once, however often it is tried.
  ///
  /// @param parts checked, as JSON
  Sent send(Caller caller, String room, String sender, String clientId, String parts) {
    byte[] hash = Parts.hash(parts);
    Sender known = new Sender(caller.tenant(), room, sender);
    for (int i = 0; i < MAX_TRIES; i++) {
      Long number = senders.getIfPresent(known);
      if (number == null) {
        FoundRoom found = access.readableBy(caller, room, sender);
        Optional<Sent> earlier = earlier(found, sender, clientId, hash);
        if (earlier.isPresent()) {
          return earlier.get();
        }
        number = RoomAccess.memberOnly(found, sender).number();
        senders.put(known, number);
      }
      Sent sent = trySend(known, number, clientId, parts, hash);
      if (sent != null) {
        return sent;
      }
      senders.invalidate(known);
    }
    throw new UnavailableException("The room is being changed; repeat the request.");
  }

  /// Null if the room is gone, the sender not a member or the `clientId` used.
  private @Nullable Sent trySend(
      Sender sender, long room, String clientId, String parts, byte[] hash) {
    Instant now = now();
    Message message = new Message(null, sender.room, sender.user, clientId, parts, now, null, null);
    NewEvent event = data.numbered(EventTypes.MESSAGE_CREATED, message);
    Topic topic = ChatTopics.room(sender.tenant, sender.room, room);
    return transactions.execute(
        status -> {
          Position position = topics.append(topic, event);
          boolean inserted =
              jdbc.sql(INSERT)
                  .params(
                      position.offset(),
                      position.tag(),
                      clientId,
                      hash,
                      parts,
                      now.atOffset(ZoneOffset.UTC),
                      sender.tenant,
                      room,
                      sender.room,
                      sender.user)
                  .query(Boolean.class)
                  .optional()
                  .isPresent();
          if (!inserted) {
            status.setRollbackOnly();
            return null;
          }
          unread.roomChanged(sender.tenant, room);
          return new Sent(message.at(position.offset()), position, true);
        });
  }

  /// What an earlier try sent.
  private Optional<Sent> earlier(FoundRoom room, String sender, String clientId, byte[] hash) {
    return jdbc.sql(FIND_SENT)
        .params(room.tenant(), sender, room.number(), clientId)
        .query((row, _) -> retried(row, room.id(), hash))
        .optional();
  }

  private static Sent retried(ResultSet row, String room, byte[] hash) throws SQLException {
    byte[] sent = row.getBytes("hash");
    if (row.getBoolean("of_a_former") || (sent != null && !MessageDigest.isEqual(sent, hash))) {
      throw new MessageConflictException(row.getString("client_id"));
    }
    long offset = row.getLong("offset");
    Message message =
        new Message(
            offset,
            room,
            row.getString("sender"),
            row.getString("client_id"),
            row.getString("parts"),
            row.getObject("created_at", OffsetDateTime.class).toInstant(),
            instant(row, "edited_at"),
            instant(row, "deleted_at"));
    return new Sent(message, new Position(offset, row.getLong("tag")), false);
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /// @param parts checked, as JSON
  @Transactional
  Sent edit(Caller caller, String room, long offset, String parts) {
    FoundRoom found = access.held(caller, room, caller.user());
    StoredMessage message = changeable(caller, found, offset);
    if (message.deleted()) {
      throw new MessageDeletedException(offset);
    }
    if (message.edits() >= limits.maxEdits()) {
      throw new TooManyEditsException(limits.maxEdits());
    }
    message.edit(parts, now());
    Message resource = message.resource(room);
    Position position =
        topics.append(found.topic(), data.event(EventTypes.MESSAGE_EDITED, resource));
    message.edited(position.offset());
    return new Sent(resource, position, false);
  }

  /// The event that tells of the deletion; null if the message was deleted before.
  @Transactional
  @Nullable Position delete(Caller caller, String room, long offset) {
    FoundRoom found = access.held(caller, room, caller.user());
    StoredMessage message = changeable(caller, found, offset);
    if (message.deleted()) {
      return null;
    }
    unread.roomChanged(found.tenant(), found.number());
    return delete(found.topic(), room, message);
  }

  private Position delete(Topic topic, String room, StoredMessage message) {
    message.delete(now());
    Message resource = message.resource(room);
    return topics.redact(
        topic,
        message.offsets(),
        data.of(resource),
        data.event(EventTypes.MESSAGE_DELETED, resource));
  }

  /// The message, locked, if the caller may change it.
  private StoredMessage changeable(Caller caller, FoundRoom room, long offset) {
    StoredMessage message =
        lock(room.tenant(), room.number(), offset)
            .orElseThrow(() -> new UnknownMessageException(room.id(), offset));
    if (caller.user() != null) {
      if (!caller.user().equals(message.sender()) || isOfAFormer(room, offset)) {
        throw new NotAllowedException("only the sender and the tenant change a message");
      }
      RoomAccess.memberOnly(room, caller.user());
    }
    return message;
  }

  /// Whether somebody sent it who bore the sender's id before.
  private boolean isOfAFormer(FoundRoom room, long offset) {
    return jdbc.sql(IS_OF_A_FORMER)
        .params(room.tenant(), room.number(), offset)
        .query(Boolean.class)
        .optional()
        .orElse(false);
  }

  /// Erases a message as part of its sender's erasure; the caller holds the room's row.
  @Transactional
  public void erase(FoundRoom room, long offset) {
    lock(room.tenant(), room.number(), offset)
        .ifPresent(
            message -> {
              message.forgetHash();
              if (!message.deleted()) {
                unread.roomChanged(room.tenant(), room.number());
                delete(room.topic(), room.id(), message);
              }
            });
  }

  private Optional<StoredMessage> lock(String tenant, long room, long offset) {
    return entities
        .createQuery(LOCK, StoredMessage.class)
        .setParameter("tenant", tenant)
        .setParameter("room", room)
        .setParameter("offset", offset)
        .setLockMode(LockModeType.PESSIMISTIC_WRITE)
        .getResultList()
        .stream()
        .findFirst();
  }

  /// The newest messages before this offset, in the order of their offsets.
  Page<Message> before(FoundRoom room, long before, int limit) {
    Stretch found = read(NEWEST, room.tenant(), room.number(), room.id(), before, limit, maxPage());
    List<Message> items = found.messages.reversed();
    return new Page<>(items, found.more ? items.getFirst().offset() : null);
  }

  /// The oldest messages after this offset, in the order of their offsets.
  Page<Message> after(FoundRoom room, long after, int limit) {
    Stretch found = read(OLDEST, room.tenant(), room.number(), room.id(), after, limit, maxPage());
    return new Page<>(found.messages, found.more ? found.messages.getLast().offset() : null);
  }

  Message get(FoundRoom room, long offset) {
    return after(room, offset - 1, 1).items().stream()
        .filter(message -> Long.valueOf(offset).equals(message.offset()))
        .findFirst()
        .orElseThrow(() -> new UnknownMessageException(room.id(), offset));
  }

  /// The newest messages of a room, in the order of their offsets; for snapshots.
  public List<Message> newest(String tenant, long number, String room, int limit) {
    return read(NEWEST, tenant, number, room, Long.MAX_VALUE, limit, Long.MAX_VALUE)
        .messages
        .reversed();
  }

  private long maxPage() {
    return limits.maxPage().toBytes();
  }

  private record Stretch(List<Message> messages, boolean more) {}

  /// Messages from an offset on: so many, and no more when their parts have so many bytes. They
  /// come a few at a time, so that what is beyond is not held either.
  private Stretch read(
      String query, String tenant, long number, String room, long from, int limit, long maxBytes) {
    return Objects.requireNonNull(
        transactions.execute(
            _ -> {
              List<Message> messages = new ArrayList<>();
              long bytes = 0;
              try (Stream<StoredMessage> stored =
                  entities
                      .createQuery(query, StoredMessage.class)
                      .setParameter("tenant", tenant)
                      .setParameter("room", number)
                      .setParameter("from", from)
                      .setMaxResults(limit + 1)
                      .setHint(AvailableHints.HINT_FETCH_SIZE, FETCHED_AT_ONCE)
                      .getResultStream()) {
                for (StoredMessage each : (Iterable<StoredMessage>) stored::iterator) {
                  if (messages.size() == limit || bytes >= maxBytes) {
                    return new Stretch(messages, true);
                  }
                  messages.add(each.resource(room));
                  bytes += each.parts().length();
                }
              }
              return new Stretch(messages, false);
            }));
  }

  /// What the database, JSON and JavaScript can all hold.
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
