package io.plimsoll.auth.tenant;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/// The tenants, in PostgreSQL.
@Repository
class Tenants {

  /// `xmax` is 0 for a row that this statement inserted, and not for one that it updated.
  private static final String PUT =
      """
      insert into tenants (tenant_id, name, created_at) values (:tenant, :name, :now)
      on conflict (tenant_id) do update set name = excluded.name
      returning tenant_id, name, created_at, xmax = 0 as created
      """;

  private static final String FIND =
      "select tenant_id, name, created_at from tenants where tenant_id = :tenant";

  private static final String PAGE =
      """
      select tenant_id, name, created_at from tenants
      where tenant_id > :after order by tenant_id limit :limit
      """;

  record Put(Tenant tenant, boolean created) {}

  private final JdbcClient jdbc;
  private final Clock clock;

  Tenants(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  Put put(String tenantId, String name) {
    return jdbc.sql(PUT)
        .param("tenant", tenantId)
        .param("name", name)
        .param("now", clock.instant().atOffset(ZoneOffset.UTC))
        .query((row, _) -> new Put(tenant(row), row.getBoolean("created")))
        .single();
  }

  Optional<Tenant> find(String tenantId) {
    return jdbc.sql(FIND).param("tenant", tenantId).query((row, _) -> tenant(row)).optional();
  }

  /// In the order of their ids.
  List<Tenant> page(String after, int limit) {
    return jdbc.sql(PAGE)
        .param("after", after)
        .param("limit", limit)
        .query((row, _) -> tenant(row))
        .list();
  }

  private static Tenant tenant(ResultSet row) throws SQLException {
    Instant createdAt = row.getObject("created_at", OffsetDateTime.class).toInstant();
    return new Tenant(row.getString("tenant_id"), row.getString("name"), createdAt);
  }
}
