package io.plimsoll.ratelimit.policy;

import io.plimsoll.ratelimit.RatelimitProperties;
import io.plimsoll.ratelimit.policy.Policy.Per;
import io.plimsoll.ratelimit.policy.Policy.StoreAway;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// The policies, in PostgreSQL.
@Repository
public class Policies {

  private static final String COLUMNS =
      """
      policy_id, limit_name, plan, tenant_id, api_key, user_id, route_class, per, rate, burst,
      streams, exact, shadow, store_away
      """;

  private static final String ALL = "select " + COLUMNS + " from policies order by policy_id";

  private static final String FIND = "select " + COLUMNS + " from policies where policy_id = :id";

  private static final String PAGE =
      "select "
          + COLUMNS
          + " from policies where policy_id > :after order by policy_id limit :limit";

  private static final String VERSION = "select version from policies_version";

  /// Locks the row, so that writes wait for each other and versions are committed in their order.
  private static final String NEXT_VERSION =
      "update policies_version set version = version + 1 returning version";

  private static final String COUNT = "select count(*) from policies where policy_id <> :id";

  /// `xmax` is 0 for a row that this statement inserted, and not for one that it updated.
  private static final String PUT =
      "insert into policies ("
          + COLUMNS
          + """
          ) values (:id, :limit, :plan, :tenant, :apiKey, :user, :routeClass, :per, :rate, :burst,
            :streams, :exact, :shadow, :storeAway)
          on conflict (policy_id) do update set limit_name = excluded.limit_name,
            plan = excluded.plan, tenant_id = excluded.tenant_id, api_key = excluded.api_key,
            user_id = excluded.user_id, route_class = excluded.route_class, per = excluded.per,
            rate = excluded.rate, burst = excluded.burst, streams = excluded.streams,
            exact = excluded.exact, shadow = excluded.shadow, store_away = excluded.store_away
          returning xmax = 0 as created
          """;

  private static final String DELETE = "delete from policies where policy_id = :id";

  private final JdbcClient jdbc;
  private final int maxPolicies;

  Policies(JdbcClient jdbc, RatelimitProperties properties) {
    this.jdbc = jdbc;
    this.maxPolicies = properties.maxPolicies();
  }

  long version() {
    return jdbc.sql(VERSION).query(Long.class).single();
  }

  List<Policy> all() {
    return jdbc.sql(ALL).query((row, _) -> policy(row)).list();
  }

  Optional<Policy> find(String id) {
    return jdbc.sql(FIND).param("id", id).query((row, _) -> policy(row)).optional();
  }

  /// In the order of their ids.
  List<Policy> page(String after, int limit) {
    return jdbc.sql(PAGE)
        .param("after", after)
        .param("limit", limit)
        .query((row, _) -> policy(row))
        .list();
  }

  /// Whether it was made, not changed.
  @Transactional
  boolean put(Policy policy) {
    nextVersion();
    long others = jdbc.sql(COUNT).param("id", policy.id()).query(Long.class).single();
    if (others >= maxPolicies) {
      throw new TooManyPoliciesException(maxPolicies);
    }
    try {
      return jdbc.sql(PUT)
          .param("id", policy.id())
          .param("limit", policy.limit())
          .param("plan", policy.plan())
          .param("tenant", policy.tenant())
          .param("apiKey", policy.apiKey())
          .param("user", policy.user())
          .param("routeClass", policy.routeClass())
          .param("per", text(policy.per()))
          .param("rate", policy.rate())
          .param("burst", policy.burst())
          .param("streams", policy.streams())
          .param("exact", policy.exact())
          .param("shadow", policy.shadow())
          .param("storeAway", text(policy.storeAway()))
          .query(Boolean.class)
          .single();
    } catch (DuplicateKeyException e) {
      throw new PolicyConflictException(policy);
    }
  }

  @Transactional
  boolean delete(String id) {
    nextVersion();
    return jdbc.sql(DELETE).param("id", id).update() > 0;
  }

  private void nextVersion() {
    jdbc.sql(NEXT_VERSION).query(Long.class).single();
  }

  private static Policy policy(ResultSet row) throws SQLException {
    return new Policy(
        row.getString("policy_id"),
        row.getString("limit_name"),
        row.getString("plan"),
        row.getString("tenant_id"),
        row.getString("api_key"),
        row.getString("user_id"),
        row.getString("route_class"),
        Per.valueOf(row.getString("per").toUpperCase(Locale.ROOT)),
        row.getObject("rate", Double.class),
        row.getObject("burst", Long.class),
        row.getObject("streams", Integer.class),
        row.getBoolean("exact"),
        row.getBoolean("shadow"),
        StoreAway.valueOf(row.getString("store_away").toUpperCase(Locale.ROOT)));
  }

  private static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
