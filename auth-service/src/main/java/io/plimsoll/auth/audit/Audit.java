package io.plimsoll.auth.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.Purge;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The audit log, in PostgreSQL.
@Repository
public class Audit {

  private static final String ADD =
      """
      insert into audit (number, at, actor, action, tenant_id, key_id, detail)
      values (:number, :now, :actor, :action, :tenant, :key, cast(:detail as jsonb))
      """;

  private static final String PAGE =
      """
      select number, at, actor, action, tenant_id, key_id, detail from audit
      where number > :after and (cast(:tenant as text) is null or tenant_id = :tenant)
      order by number limit :limit
      """;

  private static final String PURGE =
      """
      delete from audit where ctid = any (array(
        select ctid from audit where at < :before limit :rows for update skip locked))
      """;

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Entry(
      long number,
      Instant at,
      String actor,
      String action,
      @Nullable String tenant,
      @Nullable String keyId,
      JsonNode detail) {}

  private final JdbcClient jdbc;
  private final JsonMapper json;
  private final Clock clock;
  private final Duration retention;

  Audit(JdbcClient jdbc, JsonMapper json, Clock clock, AuthProperties properties) {
    this.jdbc = jdbc;
    this.json = json;
    this.clock = clock;
    this.retention = properties.auditRetention();
  }

  /// Adds an entry to the caller's transaction.
  ///
  /// @param number of the change, from the change log
  /// @param action what was done, such as `key.disabled`
  /// @param detail what it was done with; nothing secret
  @Transactional(propagation = Propagation.MANDATORY)
  public void add(
      long number,
      Actor actor,
      String action,
      @Nullable String tenant,
      @Nullable String key,
      Map<String, Object> detail) {
    jdbc.sql(ADD)
        .param("number", number)
        .param("now", utc(clock.instant()))
        .param("actor", actor.name())
        .param("action", action)
        .param("tenant", tenant)
        .param("key", key)
        .param("detail", json.writeValueAsString(detail))
        .update();
  }

  /// By number.
  ///
  /// @param tenant only what concerns this tenant
  List<Entry> page(long after, int limit, @Nullable String tenant) {
    return jdbc.sql(PAGE)
        .param("after", after)
        .param("limit", limit)
        .param("tenant", tenant)
        .query((row, _) -> entry(row))
        .list();
  }

  @Scheduled(fixedDelayString = "${plimsoll.auth.purge:10m}", initialDelayString = "1s")
  void purge() {
    Purge.all(jdbc.sql(PURGE).param("before", utc(clock.instant().minus(retention))));
  }

  private Entry entry(ResultSet row) throws SQLException {
    return new Entry(
        row.getLong("number"),
        row.getObject("at", OffsetDateTime.class).toInstant(),
        row.getString("actor"),
        row.getString("action"),
        row.getString("tenant_id"),
        row.getString("key_id"),
        json.readTree(row.getString("detail")));
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
