package io.plimsoll.chat.live;

import io.plimsoll.chat.live.ChangedRooms.Changed;
import io.plimsoll.chat.place.Agent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.room.Joined;
import io.plimsoll.chat.room.RoomLists;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// Tells users who follow their own topic on this node how much is unread in rooms that changed,
/// and in all of theirs when they came back to it without a snapshot.
///
/// Counted for the users who are due, a bounded number per interval, what changed first; the others
/// are due next time. What they know already is not known here, for a snapshot may have told them
/// meanwhile.
@Component
public class UnreadAgent extends Agent {

  private static final String WHO_IS_CONCERNED =
      """
      select m.tenant, m.user_id, m.room, r.id
      from unnest(?, ?) as changed (tenant, room)
      join room r on r.tenant = changed.tenant and r.number = changed.room
      join current_member m on m.tenant = r.tenant and m.room = r.number
      join unnest(?, ?) as here (tenant, user_id)
        on here.tenant = m.tenant and here.user_id = m.user_id
      where r.deleted_at is null
      """;

  private static final String ROOMS_OF =
      """
      select m.tenant, m.user_id, m.room, r.id
      from unnest(?, ?) as returned (tenant, user_id)
      join current_member m on m.tenant = returned.tenant and m.user_id = returned.user_id
      join room r on r.tenant = m.tenant and r.number = m.room
      where r.deleted_at is null
      """;

  private static final String COUNT =
      """
      select due.tenant, due.user_id, due.room, due.id, counted.unread
      from unnest(?, ?, ?, ?) as due (tenant, user_id, room, id)
      join room r
        on r.tenant = due.tenant and r.number = due.room and r.id = due.id and r.deleted_at is null
      join current_member m on m.tenant = due.tenant and m.room = due.room and m.user_id = due.user_id
      left join read_cursor c
        on c.tenant = due.tenant and c.user_id = due.user_id and c.room = due.room
      cross join lateral (
        select count(*) as unread from (
          select 1 from message x
          where x.tenant = due.tenant and x.room = due.room and x."offset" > coalesce(c."offset", 0)
            and x.sender <> due.user_id and x.deleted_at is null
          limit %d) capped) counted
      """
          .formatted(RoomLists.MOST_UNREAD);

  /// Users whose rooms are looked up at once: few, for each may have a thousand.
  private static final int RETURNED = 5;

  private static final String TOLD = "chat:unread:";

  /// A user and a room of theirs.
  private record Due(String tenant, String user, long room, String roomId)
      implements Comparable<Due> {

    @Override
    public int compareTo(Due other) {
      int byRoom = Long.compare(room, other.room);
      return byRoom != 0 ? byRoom : user.compareTo(other.user);
    }
  }

  private record Counted(Due due, long unread) {}

  private final LocalStreams streams;
  private final ChangedRooms changes;
  private final JdbcClient jdbc;
  private final StringRedisTemplate redis;
  private final Topics topics;
  private final EventData data;
  private final LiveSettings settings;
  private final ConcurrentSkipListSet<Due> due = new ConcurrentSkipListSet<>();

  /// Rooms of users who came back, confined to the agent's thread like what follows.
  private final NavigableSet<Due> rooms = new TreeSet<>();

  /// Whether Redis has answered in this round: one that does not is not waited for again and again.
  private boolean redisAnswers;

  /// Where the last round stopped, so that everybody gets a turn.
  private Due last = new Due("", "", 0, "");

  UnreadAgent(
      LocalStreams streams,
      ChangedRooms changes,
      JdbcClient jdbc,
      StringRedisTemplate redis,
      Topics topics,
      EventData data,
      LiveSettings settings) {
    super("unread", settings.unread());
    this.streams = streams;
    this.changes = changes;
    this.jdbc = jdbc;
    this.redis = redis;
    this.topics = topics;
    this.data = data;
    this.settings = settings;
  }

  /// Messages of this room change with the caller's transaction.
  public void roomChanged(String tenant, long room) {
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            changes.add(tenant, room);
          }
        });
  }

  /// A room that the user has not heard of may have messages.
  @TransactionalEventListener
  void joined(Joined joined) {
    cursorMoved(joined.tenant(), joined.user(), joined.room(), joined.roomId());
  }

  /// The user has read on, wherever their streams are.
  public void cursorMoved(String tenant, String user, long room, String roomId) {
    if (due.size() < 20 * settings.unreadBatch()) {
      due.add(new Due(tenant, user, room, roomId));
    } else { // too much to keep for each room: all of the user's, later
      streams.returned(List.of(ChatTopics.user(tenant, user)));
    }
  }

  @Override
  protected boolean work() {
    Set<Changed> changed = new HashSet<>(changes.takeHere());
    redisAnswers = true;
    try {
      changed.addAll(changes.exchange(changed));
    } catch (DataAccessException _) {
      redisAnswers = false; // own changes only; that Redis is away is logged elsewhere
    }
    Collection<Topic> here = streams.users();
    List<Due> batch = List.of();
    try {
      if (!changed.isEmpty() && !here.isEmpty()) {
        due.addAll(concerned(changed, here));
        changed.clear();
      }
      takeReturned();
      batch = take();
      if (!batch.isEmpty()) {
        count(batch).forEach(this::tell);
      }
    } catch (RuntimeException e) { // the database is away: once more
      changes.addAll(changed);
      due.addAll(batch);
      throw e;
    }
    return false;
  }

  private List<Due> concerned(Set<Changed> changed, Collection<Topic> here) {
    return jdbc.sql(WHO_IS_CONCERNED)
        .params(
            changed.stream().map(Changed::tenant).toArray(String[]::new),
            changed.stream().map(Changed::room).toArray(Long[]::new),
            tenants(here),
            names(here))
        .query((row, _) -> due(row))
        .list();
  }

  /// Once those who came before are through.
  private void takeReturned() {
    if (!rooms.isEmpty()) {
      return;
    }
    while (rooms.size() < settings.unreadBatch()) {
      Collection<Topic> returned = streams.takeReturned(RETURNED);
      if (returned.isEmpty()) {
        return;
      }
      try {
        rooms.addAll(
            jdbc.sql(ROOMS_OF)
                .params(tenants(returned), names(returned))
                .query((row, _) -> due(row))
                .list());
      } catch (RuntimeException e) {
        streams.returned(returned);
        throw e;
      }
    }
  }

  private static String[] tenants(Collection<Topic> users) {
    return users.stream().map(ChatTopics::tenant).toArray(String[]::new);
  }

  private static String[] names(Collection<Topic> users) {
    return users.stream().map(ChatTopics::name).toArray(String[]::new);
  }

  private static Due due(ResultSet row) throws SQLException {
    return new Due(row.getString(1), row.getString(2), row.getLong(3), row.getString(4));
  }

  /// What changed leaves a fifth of the round to those who came back.
  private List<Due> take() {
    int most = settings.unreadBatch();
    int changed = rooms.isEmpty() ? most : most - most / 5;
    List<Due> batch = new ArrayList<>();
    take(due.tailSet(last, false).iterator(), batch, changed);
    take(due.iterator(), batch, changed);
    if (!batch.isEmpty()) {
      last = batch.getLast();
    }
    take(rooms.iterator(), batch, most);
    return batch;
  }

  private static void take(Iterator<Due> from, List<Due> batch, int most) {
    while (batch.size() < most && from.hasNext()) {
      batch.add(from.next());
      from.remove();
    }
  }

  private List<Counted> count(List<Due> batch) {
    return jdbc.sql(COUNT)
        .params(
            batch.stream().map(Due::tenant).toArray(String[]::new),
            batch.stream().map(Due::user).toArray(String[]::new),
            batch.stream().map(Due::room).toArray(Long[]::new),
            batch.stream().map(Due::roomId).toArray(String[]::new))
        .query((row, _) -> new Counted(due(row), row.getLong(5)))
        .list();
  }

  private void tell(Counted counted) {
    Due to = counted.due;
    if (!mayTell(to)) {
      due.add(to); // another node told them just now
      return;
    }
    topics.ephemeral(
        ChatTopics.user(to.tenant, to.user),
        "unread/" + to.roomId,
        EventTypes.UNREAD,
        data.of(new Unread(to.roomId, counted.unread)));
  }

  /// Once per interval, on one node. A little less than the interval, which this node's own last
  /// one must not outlive.
  private boolean mayTell(Due to) {
    try {
      return !redisAnswers
          || Boolean.TRUE.equals(
              redis
                  .opsForValue()
                  .setIfAbsent(
                      TOLD + PresenceBoard.hash(to.tenant + "/" + to.user + "/" + to.room),
                      "",
                      settings.unread().multipliedBy(9).dividedBy(10)));
    } catch (DataAccessException _) {
      redisAnswers = false;
      return true; // and the event reaches this node's streams only
    }
  }
}
