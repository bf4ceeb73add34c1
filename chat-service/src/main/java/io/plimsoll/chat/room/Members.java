package io.plimsoll.chat.room;

import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/// Memberships: rows, and the events that tell of them. All changes join the caller's transaction,
/// in which the room's row is held, and leave the append to the caller.
@Component
public class Members {

  private static final String ADD =
      """
      insert into member (tenant, room, user_id, added_at)
      select ?, ?, named.id, date_trunc('milliseconds', now()) from unnest(?) as named (id)
      on conflict do nothing
      returning user_id, added_at
      """;

  /// What is still to go: memberships in deleted rooms that bore this id, and in this room those of
  /// deleted users who bore these.
  private static final String REMOVE_FORMER =
      """
      with gone as (
        delete from member m using room r
        where r.tenant = ? and r.id = ? and m.tenant = r.tenant and m.room = r.number
          and m.user_id = any(?)
          and (r.deleted_at is not null or m.number < (
            select u.number from chat_user u where u.tenant = m.tenant and u.id = m.user_id))
        returning m.tenant, m.room, m.user_id, m.added_at, m.number),
      cursors as (
        delete from read_cursor c using gone
        where c.tenant = gone.tenant and c.user_id = gone.user_id and c.room = gone.room)
      select user_id, added_at, room, exists (
        select 1 from chat_user u
        where u.tenant = gone.tenant and u.id = gone.user_id and u.number <= gone.number)
      from gone
      """;

  /// A user who is told is not deleted before: that ends the topic.
  private static final String REMOVE =
      """
      with gone as (
        delete from member where tenant = ? and room = ? and user_id = any(?) and number <= ?
        returning tenant, room, user_id, added_at, number),
      cursors as (
        delete from read_cursor c using gone
        where c.tenant = gone.tenant and c.user_id = gone.user_id and c.room = gone.room),
      present as (
        select u.id from chat_user u
        join gone on u.tenant = gone.tenant and u.id = gone.user_id and u.number <= gone.number
        for key share of u)
      select user_id, added_at, exists (select 1 from present where id = user_id) from gone
      """;

  private static final String FIND =
      """
      select user_id, added_at from member where tenant = ? and room = ? and user_id = ?
      """;

  private static final String PAGE =
      """
      select user_id, added_at from member where tenant = ? and room = ? and user_id > ?
      order by user_id limit ?
      """;

  private static final String COUNT =
      """
      select count(*) from member where tenant = ? and room = ?
      """;

  private static final String FULL =
      """
      select count(*) from (
        select 1 from member where tenant = ? and room = ? limit ?) counted
      """;

  /// Users of these whose rooms are more than permitted.
  private static final String OVER_LIMIT =
      """
      select named.id from unnest(?) as named (id)
      where (select count(*) from (
               select 1 from current_member m where m.tenant = ? and m.user_id = named.id limit ?) c) > ?
      limit 1
      """;

  private final JdbcClient jdbc;
  private final EventData data;
  private final RoomLimits limits;

  Members(JdbcClient jdbc, EventData data, RoomLimits limits) {
    this.jdbc = jdbc;
    this.data = data;
    this.limits = limits;
  }

  /// Who became a member, and what is to be appended.
  record Additions(List<Member> members, Map<Topic, List<NewEvent>> events) {}

  /// Adds those who are not members yet.
  ///
  /// Memberships of a former room or a former user of the same id are removed first, so that the
  /// topics tell of both in the order in which they can be understood. The users' rows are held:
  /// erasing a user goes by the memberships' numbers.
  Additions add(String tenant, long number, String room, Collection<String> users) {
    String[] sorted = users.stream().sorted().distinct().toArray(String[]::new);
    Map<Topic, List<NewEvent>> events = new HashMap<>();
    jdbc.sql(REMOVE_FORMER)
        .params(tenant, room, sorted)
        .query(
            row -> {
              removed(
                  events,
                  tenant,
                  member(room, row),
                  number,
                  row.getLong(3) == number,
                  row.getBoolean(4));
            });
    List<Member> added =
        jdbc.sql(ADD).params(tenant, number, sorted).query((row, _) -> member(room, row)).list();
    for (Member member : added) {
      put(events, ChatTopics.room(tenant, room, number), EventTypes.MEMBER_ADDED, member);
      put(events, ChatTopics.user(tenant, member.userId()), EventTypes.MEMBER_ADDED, member);
    }
    checkLimits(tenant, number, added);
    return new Additions(added, events);
  }

  /// What others add at the same moment is seen only once the events are appended, under the locks
  /// of the room's and the users' topics: whoever adds checks again then. The check before keeps
  /// who is refused away from these locks.
  ///
  /// @param added those just added
  void checkLimits(String tenant, long number, List<Member> added) {
    if (added.isEmpty()) {
      return;
    }
    long members =
        jdbc.sql(FULL).params(tenant, number, limits.maxMembers() + 1).query(Long.class).single();
    if (members > limits.maxMembers()) {
      throw new TooManyMembersException("members of the room", limits.maxMembers());
    }
    int max = limits.maxRoomsPerUser();
    String[] users = added.stream().map(Member::userId).toArray(String[]::new);
    Optional<String> over =
        jdbc.sql(OVER_LIMIT).params(users, tenant, max + 1, max).query(String.class).optional();
    if (over.isPresent()) {
      throw new TooManyMembersException("rooms of user " + over.get(), max);
    }
  }

  /// Removes memberships, whosever they are, and the users' cursors.
  Map<Topic, List<NewEvent>> remove(
      String tenant, long number, String room, Collection<String> users) {
    return remove(tenant, number, room, users, Long.MAX_VALUE, true);
  }

  /// The same for those up to a number.
  ///
  /// @param roomTopic false once the room's topic is gone
  /// @return the events to append, of those who were members
  public Map<Topic, List<NewEvent>> remove(
      String tenant,
      long number,
      String room,
      Collection<String> users,
      long upTo,
      boolean roomTopic) {
    Map<Topic, List<NewEvent>> events = new HashMap<>();
    jdbc.sql(REMOVE)
        .params(tenant, number, users.toArray(String[]::new), upTo)
        .query(
            row -> {
              removed(events, tenant, member(room, row), number, roomTopic, row.getBoolean(3));
            });
    return events;
  }

  private void removed(
      Map<Topic, List<NewEvent>> events,
      String tenant,
      Member member,
      long number,
      boolean roomTopic,
      boolean present) {
    if (roomTopic) {
      put(
          events,
          ChatTopics.room(tenant, member.roomId(), number),
          EventTypes.MEMBER_REMOVED,
          member);
    }
    if (present) { // a deleted user's topic has ended, and the next of that id is told nothing
      put(events, ChatTopics.user(tenant, member.userId()), EventTypes.MEMBER_REMOVED, member);
    }
  }

  private void put(Map<Topic, List<NewEvent>> events, Topic topic, String type, Member member) {
    events.computeIfAbsent(topic, _ -> new ArrayList<>()).add(data.event(type, member));
  }

  Optional<Member> find(FoundRoom room, String user) {
    return jdbc.sql(FIND)
        .params(room.tenant(), room.number(), user)
        .query((row, _) -> member(room.id(), row))
        .optional();
  }

  List<Member> page(FoundRoom room, @Nullable String after, int limit) {
    return jdbc.sql(PAGE)
        .params(room.tenant(), room.number(), after == null ? "" : after, limit)
        .query((row, _) -> member(room.id(), row))
        .list();
  }

  public long count(String tenant, long number) {
    return jdbc.sql(COUNT).params(tenant, number).query(Long.class).single();
  }

  private static Member member(String room, ResultSet row) throws SQLException {
    return new Member(room, row.getString(1), row.getObject(2, OffsetDateTime.class).toInstant());
  }
}
