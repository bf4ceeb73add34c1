package io.plimsoll.chat.cursor;

import io.plimsoll.chat.live.UnreadAgent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.room.FoundRoom;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/// Read cursors. Each move is stored at once; the owner's topic tells of it at most once per
/// interval and room. A move within the interval stays marked as untold in its row until
/// [#tellUntold] of any node tells of the last one, so it is told of whatever dies.
@Component
class Cursors {

  /// The member's row is held, so that who is being removed leaves no cursor behind, and the
  /// user's, so that nothing is told in a topic that has ended.
  private static final String MOVE =
      """
      with place as (
        select m.tenant, m.user_id, m.room
        from room r join member m on m.tenant = r.tenant and m.room = r.number
        join chat_user u on u.tenant = m.tenant and u.id = m.user_id and u.number <= m.number
        where r.tenant = ? and r.id = ? and r.deleted_at is null and m.user_id = ?
          and ? <= coalesce((select max(x."offset") from message x
                             where x.tenant = r.tenant and x.room = r.number), 0)
        for key share of m, u)
      insert into read_cursor as c (tenant, user_id, room, "offset", moved_at, told, told_at)
      select tenant, user_id, room, ?, ?, ?, now() from place
      on conflict (tenant, user_id, room) do update
      set "offset" = excluded."offset", moved_at = excluded.moved_at,
          told = case when c.told_at <= now() - make_interval(secs => ?)
                      then excluded."offset" else c.told end,
          told_at = case when c.told_at <= now() - make_interval(secs => ?)
                         then now() else c.told_at end
      where c."offset" <> excluded."offset"
      returning room, told_at = now() as tell
      """;

  private static final String FIND =
      """
      select "offset", moved_at from read_cursor where tenant = ? and user_id = ? and room = ?
      """;

  private static final String LAST_MESSAGE =
      """
      select coalesce(max("offset"), 0) from message where tenant = ? and room = ?
      """;

  private static final String TELL_UNTOLD =
      """
      update read_cursor c set told = c."offset", told_at = now()
      from room r, (
        select x.tenant, x.user_id, x.room from read_cursor x
        join member m on m.tenant = x.tenant and m.room = x.room and m.user_id = x.user_id
        join chat_user u on u.tenant = m.tenant and u.id = m.user_id and u.number <= m.number
        where x.told <> x."offset" and x.told_at <= now() - make_interval(secs => ?)
        order by x.told_at limit ?
        for update of x skip locked for key share of u skip locked) untold
      where c.tenant = untold.tenant and c.user_id = untold.user_id and c.room = untold.room
        and r.tenant = c.tenant and r.number = c.room
      returning c.tenant, r.id, c.user_id, c."offset", c.moved_at, c.room
      """;

  private record Moved(long room, boolean tell) {}

  private record Untold(String tenant, long room, Cursor cursor) {}

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Topics topics;
  private final EventData data;
  private final RoomAccess access;
  private final UnreadAgent unread;
  private final CursorSettings settings;
  private final Clock clock;

  Cursors(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Topics topics,
      EventData data,
      RoomAccess access,
      UnreadAgent unread,
      CursorSettings settings,
      Clock clock) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.topics = topics;
    this.data = data;
    this.access = access;
    this.unread = unread;
    this.settings = settings;
    this.clock = clock;
  }

  /// Moves a member's cursor, back too.
  Cursor move(Caller caller, String room, String user, long offset) {
    String tenant = caller.tenant();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Cursor cursor = new Cursor(room, user, offset, now);
    Optional<Moved> moved =
        transactions.execute(
            _ -> {
              Optional<Moved> written = write(tenant, cursor);
              if (written.isPresent() && written.get().tell) {
                topics.append(
                    ChatTopics.user(tenant, user), data.event(EventTypes.CURSOR_MOVED, cursor));
              }
              return written;
            });
    if (moved == null || moved.isEmpty()) {
      return unmoved(caller, room, user, offset, now);
    }
    if (moved.get().tell) {
      tellOthers(new Untold(tenant, moved.get().room, cursor));
    }
    return cursor;
  }

  private Optional<Moved> write(String tenant, Cursor cursor) {
    double interval = settings.interval().toMillis() / 1_000.0;
    return jdbc.sql(MOVE)
        .params(
            tenant,
            cursor.roomId(),
            cursor.userId(),
            cursor.offset(),
            cursor.offset(),
            cursor.movedAt().atOffset(ZoneOffset.UTC),
            cursor.offset(),
            interval,
            interval)
        .query((row, _) -> new Moved(row.getLong(1), row.getBoolean(2)))
        .optional();
  }

  /// It stands there already, or can't stand there: says which.
  private Cursor unmoved(Caller caller, String room, String user, long offset, Instant now) {
    FoundRoom found = RoomAccess.memberOnly(access.readableBy(caller, room, user), user);
    long last =
        jdbc.sql(LAST_MESSAGE).params(found.tenant(), found.number()).query(Long.class).single();
    if (offset > last) {
      throw new FutureOffsetException(offset, last);
    }
    return jdbc.sql(FIND)
        .params(found.tenant(), user, found.number())
        .query((row, _) -> new Cursor(room, user, row.getLong(1), instant(row, 2)))
        .optional()
        .orElse(new Cursor(room, user, offset, now)); // removed and added again meanwhile
  }

  /// Tells of cursors that moved within the interval after they were told of last.
  ///
  /// @return how many
  int tellUntold(int limit) {
    List<Untold> told =
        transactions.execute(
            _ -> {
              List<Untold> untold =
                  jdbc.sql(TELL_UNTOLD)
                      .params(settings.interval().toMillis() / 1_000.0, limit)
                      .query((row, _) -> untold(row))
                      .list();
              Map<Topic, List<NewEvent>> events = new LinkedHashMap<>();
              for (Untold each : untold) {
                events
                    .computeIfAbsent(
                        ChatTopics.user(each.tenant, each.cursor.userId()), _ -> new ArrayList<>())
                    .add(data.event(EventTypes.CURSOR_MOVED, each.cursor));
              }
              if (!events.isEmpty()) {
                topics.append(events);
              }
              return untold;
            });
    if (told == null) {
      return 0;
    }
    told.forEach(this::tellOthers);
    return told.size();
  }

  private void tellOthers(Untold told) {
    Cursor cursor = told.cursor;
    topics.ephemeral(
        ChatTopics.room(told.tenant, cursor.roomId(), told.room),
        "cursor/" + cursor.userId(),
        EventTypes.CURSOR_MOVED,
        data.of(cursor));
    unread.cursorMoved(told.tenant, cursor.userId(), told.room, cursor.roomId());
  }

  private static Untold untold(ResultSet row) throws SQLException {
    return new Untold(
        row.getString(1),
        row.getLong(6),
        new Cursor(row.getString(2), row.getString(3), row.getLong(4), instant(row, 5)));
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
