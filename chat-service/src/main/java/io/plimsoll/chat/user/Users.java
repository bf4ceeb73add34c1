package io.plimsoll.chat.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.plimsoll.service.Caller;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/// The users of all tenants. A user comes into being when first named.
@Component
public class Users {

  private static final String NAME =
      """
      insert into chat_user (tenant, id, created_at)
      select ?, named.id, ? from unnest(?) as named (id)
      on conflict do nothing
      """;

  private record User(String tenant, String id) {}

  private final JdbcClient jdbc;
  private final Clock clock;

  /// Who has been seen lately, so that a request of a known user costs nothing. A user who was
  /// deleted meanwhile comes into being again when this forgets them.
  private final Cache<User, Boolean> seen =
      Caffeine.newBuilder().maximumSize(100_000).expireAfterWrite(Duration.ofMinutes(1)).build();

  Users(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  /// A token names its user.
  public void seen(Caller caller) {
    if (caller.user() != null) {
      User user = new User(caller.tenant(), caller.user());
      if (seen.getIfPresent(user) == null) {
        named(caller.tenant(), List.of(caller.user()));
        seen.put(user, true);
      }
    }
  }

  /// Joins the caller's transaction, if there is one.
  public void named(String tenant, Collection<String> ids) {
    if (ids.isEmpty()) {
      return;
    }
    // in one order, so that two who name the same users never wait for each other
    jdbc.sql(NAME)
        .params(
            tenant,
            clock.instant().atOffset(ZoneOffset.UTC),
            ids.stream().sorted().distinct().toArray(String[]::new))
        .update();
  }
}
