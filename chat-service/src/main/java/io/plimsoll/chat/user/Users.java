package io.plimsoll.chat.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.chat.place.ChatTopics;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.EventTypes;
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
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/// The users of all tenants. A user comes into being when first named.
@Component
public class Users {

  private static final String NAME =
      """
      insert into chat_user (tenant, id, created_at)
      select ?, named.id, date_trunc('milliseconds', now()) from unnest(?) as named (id)
      on conflict do nothing
      """;

  /// Everything up to the last message number given out is the deleted user's: a later user of the
  /// same id gets later numbers.
  private static final String REQUEST_ERASURE =
      """
      insert into user_erasure (tenant, user_id, up_to, requested_at)
      select ?, ?, case when is_called then last_value else 0 end, now() from message_number_seq
      """;

  private final JdbcClient jdbc;
  private final EntityManager entities;
  private final Topics topics;
  private final EventData data;
  private final Clock clock;

  private record Known(String tenant, String id) {}

  /// Who has been seen lately, so that a request of a known user costs nothing. A user deleted
  /// meanwhile by another node comes into being again when this forgets them.
  private final Cache<Known, Boolean> seen =
      Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(Duration.ofMinutes(1)).build();

  Users(JdbcClient jdbc, EntityManager entities, Topics topics, EventData data, Clock clock) {
    this.jdbc = jdbc;
    this.entities = entities;
    this.topics = topics;
    this.data = data;
    this.clock = clock;
  }

  /// A token names its user.
  public void seen(Caller caller) {
    if (caller.user() != null) {
      Known user = new Known(caller.tenant(), caller.user());
      if (seen.getIfPresent(user) == null) {
        named(caller.tenant(), List.of(caller.user()));
        seen.put(user, true);
      }
    }
  }

  /// Joins the caller's transaction, if there is one.
  public void named(String tenant, Collection<String> ids) {
    if (!ids.isEmpty()) {
      // in one order, so that two who name the same new users never wait for each other
      jdbc.sql(NAME)
          .params(tenant, ids.stream().sorted().distinct().toArray(String[]::new))
          .update();
    }
  }

  Optional<User> find(String tenant, String id) {
    return Optional.ofNullable(entities.find(StoredUser.class, new StoredUser.Key(tenant, id)))
        .map(user -> user.resource(null));
  }

  /// Replaces the profile.
  @Transactional
  User profile(String tenant, String id, @Nullable String name, @Nullable String custom) {
    named(tenant, List.of(id));
    StoredUser user = locked(tenant, id).orElseThrow(() -> new UnknownUserException(id));
    user.profile(name, custom, now());
    return user.resource(null);
  }

  /// Profile and stream end at once; what the user wrote is erased in the background, and where
  /// they were a member they are removed.
  @Transactional
  void delete(String tenant, String id) {
    StoredUser user = locked(tenant, id).orElseThrow(() -> new UnknownUserException(id));
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
    seen.invalidate(new Known(tenant, id));
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
