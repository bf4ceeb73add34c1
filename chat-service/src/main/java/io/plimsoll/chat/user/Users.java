package io.plimsoll.chat.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.place.InTransaction;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.Topics;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// The users of all tenants. A user comes into being when first named.
@Component
public class Users {

  private static final String NAME =
      """
      insert into chat_user (tenant, id, created_at)
      select ?, named.id, date_trunc('milliseconds', now()) from unnest(?) as named (id)
      on conflict do nothing
      """;

  private static final String HOLD =
      """
      select id from chat_user where tenant = ? and id = any(?) for key share
      """;

  /// Everything up to the last number given out is the deleted user's: who writes or joins holds
  /// the user's row, so it has its number before the row goes, or is a later user's.
  private static final String REQUEST_ERASURE =
      """
      insert into user_erasure (tenant, user_id, up_to)
      select ?, ?, case when is_called then last_value else 0 end from message_number_seq
      """;

  private static final String HAS_FORMER_MEMBERSHIPS =
      """
      select exists (
        select 1 from user_erasure e
        join member m on m.tenant = e.tenant and m.user_id = e.user_id and m.number <= e.up_to
        where e.tenant = ? and e.user_id = ?)
      """;

  private final JdbcClient jdbc;
  private final EntityManager entities;
  private final Topics topics;
  private final EventData data;
  private final Clock clock;

  private record Known(String tenant, String id) {}

  /// Who has been seen lately, so that a request of a known user costs nothing. A user deleted
  /// meanwhile by another node comes into being again when this forgets them; not for long, for
  /// until then they follow no room.
  private final Cache<Known, Boolean> seen =
      Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(Duration.ofSeconds(10)).build();

  Users(JdbcClient jdbc, EntityManager entities, Topics topics, EventData data, Clock clock) {
    this.jdbc = jdbc;
    this.entities = entities;
    this.topics = topics;
    this.data = data;
    this.clock = clock;
  }

  /// A token names its user, once a request of theirs is not refused. Joins the caller's
  /// transaction, if there is one: what fails leaves nobody behind.
  public void seen(Caller caller) {
    if (caller.user() != null) {
      Known user = new Known(caller.tenant(), caller.user());
      if (seen.getIfPresent(user) == null) {
        Ids.checked("user", user.id);
        name(user.tenant, user.id);
        onceCommitted(() -> seen.put(user, true));
      }
    }
  }

  /// The users of these ids are there, and are not deleted before the caller's transaction ends.
  public void named(String tenant, Collection<String> ids) {
    // in one order, so that two who name the same new users never wait for each other
    String[] sorted = ids.stream().sorted().distinct().toArray(String[]::new);
    if (sorted.length > 0) {
      name(tenant, sorted);
      if (jdbc.sql(HOLD).params(tenant, sorted).query(String.class).list().size() < sorted.length) {
        throw new ConcurrencyFailureException("a user was deleted meanwhile");
      }
    }
  }

  private void name(String tenant, String... ids) {
    jdbc.sql(NAME).params(tenant, ids).update();
  }

  private static void onceCommitted(Runnable action) {
    if (!TransactionSynchronizationManager.isSynchronizationActive()) {
      action.run();
      return;
    }
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            action.run();
          }
        });
  }

  Optional<User> find(String tenant, String id) {
    return Optional.ofNullable(entities.find(StoredUser.class, new StoredUser.Key(tenant, id)))
        .map(user -> user.resource(null));
  }

  /// Replaces the profile.
  @InTransaction
  User profile(String tenant, String id, @Nullable String name, @Nullable String custom) {
    name(tenant, id);
    StoredUser user =
        locked(tenant, id)
            .orElseThrow(() -> new ConcurrencyFailureException(id + " was deleted meanwhile"));
    user.profile(name, custom, now());
    return user.resource(null);
  }

  /// Profile, stream and access end at once; what the user wrote is erased in the background. Where
  /// they were a member they are still to be removed.
  @Transactional
  void delete(String tenant, String id) {
    Optional<StoredUser> found = locked(tenant, id);
    if (found.isEmpty()
        && jdbc.sql(HAS_FORMER_MEMBERSHIPS).params(tenant, id).query(Boolean.class).single()) {
      return; // to go on with removing them
    }
    StoredUser user = found.orElseThrow(() -> new UnknownUserException(id));
    User resource = user.resource(now());
    entities.remove(user);
    entities.flush();
    jdbc.sql(REQUEST_ERASURE).params(tenant, id).update();
    Topic topic = ChatTopics.user(tenant, id);
    topics.append(
        topic,
        data.event(
            EventTypes.USER_DELETED,
            new User(id, null, null, resource.createdAt(), null, resource.deletedAt())));
    topics.delete(topic);
    onceCommitted(() -> seen.invalidate(new Known(tenant, id)));
  }

  private Optional<StoredUser> locked(String tenant, String id) {
    return Optional.ofNullable(
        entities.find(
            StoredUser.class, new StoredUser.Key(tenant, id), LockModeType.PESSIMISTIC_WRITE));
  }

  /// What the database, JSON and JavaScript can all hold.
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
