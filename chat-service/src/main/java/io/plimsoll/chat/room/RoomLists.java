package io.plimsoll.chat.room;

import jakarta.persistence.EntityManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/// Lists of rooms. What is unread is counted here, when asked, and stored nowhere.
@Component
public class RoomLists {

  /// Counting stops here: nobody reads "1,204 unread" differently from "1,000+".
  public static final int MOST_UNREAD = 1_000;

  /// One statement for a whole page: `mine` is cut to the page first, then each room's messages are
  /// counted in the primary key of message.
  private static final String COUNT_UNREAD =
      """
      select mine.room, mine.cursor, counted.unread
      from mine cross join lateral (
        select count(*) as unread from (
          select 1 from message x
          where x.tenant = mine.tenant and x.room = mine.room and x."offset" > mine.read
            and x.sender <> mine.user_id and x.deleted_at is null
          limit %d) capped) counted
      order by mine.id
      """
          .formatted(MOST_UNREAD);

  private static final String MINE =
      """
      with mine as (
        select m.tenant, m.room, m.user_id, r.id,
               coalesce(c."offset", 0) as read, coalesce(c."offset", 0) as cursor
        from current_member m
        join room r on r.tenant = m.tenant and r.number = m.room
        left join read_cursor c
          on c.tenant = m.tenant and c.user_id = m.user_id and c.room = m.room
        where m.tenant = ? and m.user_id = ? and r.deleted_at is null and r.id > ?
        order by r.id limit ?)
      """
          + COUNT_UNREAD;

  /// As the events in the user's topic tell it: the cursor is the last one stored there, and a
  /// deleted room stays until `member.removed`.
  private static final String SNAPSHOT =
      """
      with mine as (
        select m.tenant, m.room, m.user_id, r.id,
               coalesce(c."offset", 0) as read, coalesce(c.told, 0) as cursor
        from current_member m
        join room r on r.tenant = m.tenant and r.number = m.room
        left join read_cursor c
          on c.tenant = m.tenant and c.user_id = m.user_id and c.room = m.room
        where m.tenant = ? and m.user_id = ?)
      """
          + COUNT_UNREAD;

  private static final String BY_ID =
      """
      select r from StoredRoom r
      where r.key.tenant = :tenant and r.deletedAt is null and r.id > :after
        and (:publicOnly = false or r.isPrivate = false)
      order by r.id
      """;

  private static final String BY_NUMBERS =
      """
      select r from StoredRoom r where r.key.tenant = :tenant and r.key.number in :numbers
      """;

  private record Mine(long room, long cursor, long unread) {}

  private final JdbcClient jdbc;
  private final EntityManager entities;

  RoomLists(JdbcClient jdbc, EntityManager entities) {
    this.jdbc = jdbc;
    this.entities = entities;
  }

  /// Rooms that the user is a member of, by id.
  List<RoomEntry> ofUser(String tenant, String user, @Nullable String after, int limit) {
    return entries(
        tenant,
        jdbc.sql(MINE)
            .params(tenant, user, after == null ? "" : after, limit)
            .query(RoomLists::mine)
            .list());
  }

  /// All that the user's topic tells of.
  public List<RoomEntry> snapshot(String tenant, String user) {
    return entries(tenant, jdbc.sql(SNAPSHOT).params(tenant, user).query(RoomLists::mine).list());
  }

  /// Rooms of the tenant, by id.
  List<RoomEntry> ofTenant(String tenant, boolean publicOnly, @Nullable String after, int limit) {
    return entities
        .createQuery(BY_ID, StoredRoom.class)
        .setParameter("tenant", tenant)
        .setParameter("after", after == null ? "" : after)
        .setParameter("publicOnly", publicOnly)
        .setMaxResults(limit)
        .getResultList()
        .stream()
        .map(room -> new RoomEntry(room.resource(), null, null))
        .toList();
  }

  private static Mine mine(ResultSet row, int number) throws SQLException {
    return new Mine(row.getLong(1), row.getLong(2), row.getLong(3));
  }

  private List<RoomEntry> entries(String tenant, List<Mine> mine) {
    if (mine.isEmpty()) {
      return List.of();
    }
    Map<Long, Room> rooms =
        entities
            .createQuery(BY_NUMBERS, StoredRoom.class)
            .setParameter("tenant", tenant)
            .setParameter("numbers", mine.stream().map(Mine::room).toList())
            .getResultList()
            .stream()
            .collect(Collectors.toMap(room -> room.key().number(), StoredRoom::resource));
    Function<Mine, Room> room = each -> Objects.requireNonNull(rooms.get(each.room()));
    return mine.stream()
        .filter(each -> rooms.containsKey(each.room())) // one may have gone in between
        .map(each -> new RoomEntry(room.apply(each), each.cursor(), each.unread()))
        .toList();
  }
}
