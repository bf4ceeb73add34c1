package io.plimsoll.auth.tenant;

import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.audit.Audit;
import io.plimsoll.auth.change.Changes;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// The tenants, in PostgreSQL.
@Repository
class Tenants {

  private static final String COLUMNS = "tenant_id, name, plan, origins, created_at, disabled_at";

  private static final String FIND =
      "select " + COLUMNS + " from tenants where tenant_id = :tenant";

  private static final String LOCK = FIND + " for no key update";

  private static final String INSERT =
      """
      insert into tenants (tenant_id, name, plan, origins, created_at, disabled_at)
      values (:tenant, :name, :plan, :origins, :created, :disabled)
      on conflict (tenant_id) do nothing
      """;

  private static final String UPDATE =
      """
      update tenants set name = :name, plan = :plan, origins = :origins, disabled_at = :disabled
      where tenant_id = :tenant
      """;

  private static final String PAGE =
      "select "
          + COLUMNS
          + " from tenants where tenant_id > :after order by tenant_id limit :limit";

  record Put(Tenant tenant, boolean created) {}

  /// What a tenant shall be; what is null stays as it is.
  record Wanted(
      String name,
      @Nullable String plan,
      @Nullable List<String> origins,
      @Nullable Boolean disabled) {}

  private final JdbcClient jdbc;
  private final Changes changes;
  private final Audit audit;
  private final Clock clock;

  Tenants(JdbcClient jdbc, Changes changes, Audit audit, Clock clock) {
    this.jdbc = jdbc;
    this.changes = changes;
    this.audit = audit;
    this.clock = clock;
  }

  /// Makes or changes a tenant. What changes nothing has no number and no entry in the audit log.
  @Transactional
  Put put(String tenantId, Wanted wanted, Actor actor) {
    // to the database's precision, so that the answer is what a later one says
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Tenant blank = new Tenant(tenantId, wanted.name(), "default", List.of(), now, null);
    Tenant made = apply(blank, wanted, now);
    if (write(INSERT, made) == 1) {
      note(made, "tenant.created", detail(null, made), actor);
      return new Put(made, true);
    }
    Tenant before =
        jdbc.sql(LOCK).param("tenant", tenantId).query((row, _) -> tenant(row)).single();
    Tenant after = apply(before, wanted, now);
    if (!after.equals(before)) {
      write(UPDATE, after);
      note(after, "tenant.changed", detail(before, after), actor);
    }
    return new Put(after, false);
  }

  private static Tenant apply(Tenant before, Wanted wanted, Instant now) {
    Instant disabledAt = before.disabledAt();
    if (wanted.disabled() != null) {
      disabledAt = !wanted.disabled() ? null : disabledAt == null ? now : disabledAt;
    }
    return new Tenant(
        before.tenantId(),
        wanted.name(),
        wanted.plan() == null ? before.plan() : wanted.plan(),
        wanted.origins() == null ? before.origins() : List.copyOf(wanted.origins()),
        before.createdAt(),
        disabledAt);
  }

  private int write(String statement, Tenant tenant) {
    Instant disabledAt = tenant.disabledAt();
    return jdbc.sql(statement)
        .param("tenant", tenant.tenantId())
        .param("name", tenant.name())
        .param("plan", tenant.plan())
        .param("origins", tenant.origins().toArray(String[]::new))
        .param("created", tenant.createdAt().atOffset(ZoneOffset.UTC))
        .param("disabled", disabledAt == null ? null : disabledAt.atOffset(ZoneOffset.UTC))
        .update();
  }

  private void note(Tenant tenant, String action, Map<String, Object> detail, Actor actor) {
    long number = changes.tenant(tenant.tenantId());
    audit.add(number, actor, action, tenant.tenantId(), null, detail);
  }

  /// What is new or has changed.
  private static Map<String, Object> detail(@Nullable Tenant before, Tenant after) {
    Map<String, Object> detail = new LinkedHashMap<>();
    if (before == null || !before.name().equals(after.name())) {
      detail.put("name", after.name());
    }
    if (before == null || !before.plan().equals(after.plan())) {
      detail.put("plan", after.plan());
    }
    if (before == null || !before.origins().equals(after.origins())) {
      detail.put("origins", after.origins());
    }
    boolean disabled = after.disabledAt() != null;
    if (before == null ? disabled : !Objects.equals(before.disabledAt(), after.disabledAt())) {
      detail.put("disabled", disabled);
    }
    return detail;
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
    Array origins = row.getArray("origins");
    OffsetDateTime disabledAt = row.getObject("disabled_at", OffsetDateTime.class);
    return new Tenant(
        row.getString("tenant_id"),
        row.getString("name"),
        row.getString("plan"),
        List.of((String[]) origins.getArray()),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        disabledAt == null ? null : disabledAt.toInstant());
  }
}
