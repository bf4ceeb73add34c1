package io.plimsoll.chat.erasure;

import io.plimsoll.chat.message.Messages;
import io.plimsoll.chat.place.Agent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.room.FoundRoom;
import io.plimsoll.chat.room.Members;
import io.plimsoll.chat.user.FormerMemberships;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/// Erases what deleted users leave: their memberships, then the content of their messages, one
/// message per transaction, since each is announced by an event of its own.
///
/// The request's row says what is still to do and is held while a node does some of it, so nodes
/// share the requests, and whatever dies, the work goes on. What a later user of the same id wrote
/// or joined is left alone: messages and memberships go by their numbers.
@Component
class UserErasure extends Agent implements FormerMemberships {

  private static final String FIND =
      """
      select request, tenant, user_id, up_to, done_room, done_client_id from user_erasure
      """;

  /// Memberships of all come before messages of any.
  private static final String CLAIM =
      FIND
          + """
          order by (done_room, done_client_id) > (0, ''), request limit 1 for update skip locked
          """;

  private static final String HOLD =
      FIND
          + """
          where tenant = ? and user_id = ? order by request for update
          """;

  /// Rooms are held first, as by everybody who changes members.
  private static final String SOME_ROOMS =
      """
      select r.number, r.id, r.deleted_at is not null
      from member m join room r on r.tenant = m.tenant and r.number = m.room
      where m.tenant = ? and m.user_id = ? and m.number <= ?
      order by r.number limit ? for share of r
      """;

  /// The next of the messages, whosever they are: who is deleted over and over has ever more that
  /// are erased, and neither a transaction for each nor a statement over all of them will do.
  private static final String STRETCH =
      """
      select * from (
        select room, client_id, "offset", hash is not null and number <= ? as to_erase from message
        where tenant = ? and sender = ? and (room, client_id) > (?, ?)
        order by room, client_id limit ?) stretch
      """;

  private static final String NEXT_MESSAGE =
      STRETCH
          + """
          where to_erase order by room, client_id limit 1
          """;

  private static final String END_OF_STRETCH =
      STRETCH
          + """
          order by room desc, client_id desc limit 1
          """;

  private static final String HOLD_ROOM =
      """
      select tenant, number, id, private as is_private, created_by, false as member from room
      where tenant = ? and number = ? and deleted_at is null for share
      """;

  private static final String PROGRESS =
      """
      update user_erasure set done_room = ?, done_client_id = ? where request = ?
      """;

  /// Where the memberships have been removed and their end is told.
  private static final String TOLD = "told";

  private static final String DONE =
      """
      delete from user_erasure where request = ?
      """;

  private record Request(
      long number, String tenant, String user, long upTo, long doneRoom, String doneClientId) {}

  private record Membership(long room, String id, boolean roomDeleted) {}

  private record Next(long room, String clientId, long offset, boolean toErase) {}

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Members members;
  private final Messages messages;
  private final Topics topics;
  private final EventData data;
  private final ErasureSettings settings;

  UserErasure(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Members members,
      Messages messages,
      Topics topics,
      EventData data,
      ErasureSettings settings) {
    super("user-erasure", settings.check());
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.members = members;
    this.messages = messages;
    this.topics = topics;
    this.data = data;
    this.settings = settings;
  }

  @Override
  protected boolean work() {
    return Boolean.TRUE.equals(
        transactions.execute(
            _ ->
                jdbc.sql(CLAIM)
                    .query((row, _) -> request(row))
                    .optional()
                    .map(this::eraseSome)
                    .orElse(false)));
  }

  @Override
  public void end(String tenant, String user) {
    while (Boolean.TRUE.equals(
        transactions.execute(
            _ ->
                jdbc.sql(HOLD).params(tenant, user).query((row, _) -> request(row)).list().stream()
                    .anyMatch(this::endSomeAccess)))) {
      // some more
    }
  }

  private boolean eraseSome(Request request) {
    if (!endSomeAccess(request) && !eraseNextMessage(request)) {
      jdbc.sql(DONE).param(request.number).update();
    }
    return true;
  }

  /// Memberships, each told in its room; then, once, whatever else the user reads: that is told in
  /// the tenant's topic, which every node follows for its open streams.
  private boolean endSomeAccess(Request request) {
    if (removeSomeMemberships(request)) {
      return true;
    }
    if (request.doneRoom > 0 || !request.doneClientId.isEmpty()) {
      return false;
    }
    jdbc.sql(PROGRESS).params(0L, TOLD, request.number).update();
    topics.append(
        ChatTopics.gone(request.tenant),
        data.event(EventTypes.USER_DELETED, Map.of("id", request.user)));
    return true;
  }

  private boolean removeSomeMemberships(Request request) {
    List<Membership> some =
        jdbc.sql(SOME_ROOMS)
            .params(request.tenant, request.user, request.upTo, settings.members())
            .query((row, _) -> new Membership(row.getLong(1), row.getString(2), row.getBoolean(3)))
            .list();
    Map<Topic, List<NewEvent>> events = new HashMap<>();
    for (Membership each : some) {
      members
          .remove(
              request.tenant,
              each.room,
              each.id,
              List.of(request.user),
              request.upTo,
              !each.roomDeleted)
          .forEach(
              (topic, more) -> events.computeIfAbsent(topic, _ -> new ArrayList<>()).addAll(more));
    }
    if (!events.isEmpty()) {
      topics.append(events);
    }
    return !some.isEmpty();
  }

  /// In a deleted room there is nothing to tell and its rows go anyway.
  private boolean eraseNextMessage(Request request) {
    Optional<Next> found = next(NEXT_MESSAGE, request).or(() -> next(END_OF_STRETCH, request));
    if (found.isEmpty()) {
      return false;
    }
    Next next = found.get();
    if (next.toErase) {
      jdbc.sql(HOLD_ROOM)
          .params(request.tenant, next.room)
          .query(FoundRoom.class)
          .optional()
          .ifPresent(room -> messages.erase(room, next.offset));
    }
    jdbc.sql(PROGRESS).params(next.room, next.clientId, request.number).update();
    return true;
  }

  private Optional<Next> next(String sql, Request request) {
    return jdbc.sql(sql)
        .params(
            request.upTo,
            request.tenant,
            request.user,
            request.doneRoom,
            request.doneClientId,
            settings.rows())
        .query(
            (row, _) ->
                new Next(row.getLong(1), row.getString(2), row.getLong(3), row.getBoolean(4)))
        .optional();
  }

  private static Request request(ResultSet row) throws SQLException {
    return new Request(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getLong(4),
        row.getLong(5),
        row.getString(6));
  }
}
