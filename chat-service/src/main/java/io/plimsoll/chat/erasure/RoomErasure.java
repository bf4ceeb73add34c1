package io.plimsoll.chat.erasure;

import io.plimsoll.chat.place.Agent;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.room.Members;
import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/// Removes the rows of deleted rooms: first its members, telling each of them in their own topic,
/// then its messages, last its own row, which until then is what says that there is work.
@Component
class RoomErasure extends Agent {

  private static final String CLAIM =
      """
      select tenant, number, id from room where deleted_at is not null
      order by deleted_at limit 1 for update skip locked
      """;

  /// Those whom somebody else removes at the moment are left for the next round.
  private static final String SOME_MEMBERS =
      """
      select user_id from member where tenant = ? and room = ? limit ? for update skip locked
      """;

  private static final String ANY_MEMBER =
      """
      select exists (select 1 from member where tenant = ? and room = ?)
      """;

  private static final String REMOVE_MESSAGES =
      """
      delete from message where tenant = ? and room = ? and "offset" in (
        select "offset" from message where tenant = ? and room = ? limit ?)
      """;

  private static final String REMOVE_ROOM =
      """
      delete from room where tenant = ? and number = ?
      """;

  private record Gone(String tenant, long number, String id) {}

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Members members;
  private final Topics topics;
  private final ErasureSettings settings;

  RoomErasure(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Members members,
      Topics topics,
      ErasureSettings settings) {
    super("room-erasure", settings.check());
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.members = members;
    this.topics = topics;
    this.settings = settings;
  }

  @Override
  protected boolean work() {
    return Boolean.TRUE.equals(
        transactions.execute(
            _ ->
                jdbc.sql(CLAIM)
                    .query((row, _) -> new Gone(row.getString(1), row.getLong(2), row.getString(3)))
                    .optional()
                    .map(this::removeSome)
                    .orElse(false)));
  }

  private boolean removeSome(Gone room) {
    List<String> some =
        jdbc.sql(SOME_MEMBERS)
            .params(room.tenant, room.number, settings.members())
            .query((row, _) -> row.getString(1))
            .list();
    if (!some.isEmpty()) {
      Map<Topic, List<NewEvent>> events =
          members.remove(room.tenant, room.number, room.id, some, Long.MAX_VALUE, false);
      if (!events.isEmpty()) {
        topics.append(events);
      }
      return true;
    }
    if (jdbc.sql(ANY_MEMBER).params(room.tenant, room.number).query(Boolean.class).single()) {
      return false;
    }
    int removed =
        jdbc.sql(REMOVE_MESSAGES)
            .params(room.tenant, room.number, room.tenant, room.number, settings.rows())
            .update();
    if (removed == 0) {
      // a reader who was let in before may have made it again
      topics.delete(ChatTopics.room(room.tenant, room.id, room.number));
      jdbc.sql(REMOVE_ROOM).params(room.tenant, room.number).update();
    }
    return true;
  }
}
