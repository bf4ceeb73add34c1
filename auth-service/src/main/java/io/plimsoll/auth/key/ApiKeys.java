package io.plimsoll.auth.key;

import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.tenant.UnknownTenantException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// The tenants' API keys, in PostgreSQL.
@Repository
public class ApiKeys {

  private static final String COLUMNS =
      "key_id, tenant_id, name, scope, created_at, expires_at, disabled_at, last_used_hour";

  private static final String FIND_TENANT = "select 1 from tenants where tenant_id = :tenant";

  /// The lock makes creations for one tenant wait for each other, so that none slips past the
  /// bound.
  private static final String LOCK_TENANT = FIND_TENANT + " for no key update";

  private static final String COUNT_IN_USE =
      """
      select count(*) from api_keys
      where tenant_id = :tenant and disabled_at is null
        and (expires_at is null or expires_at > :now)
      """;

  private static final String INSERT =
      """
      insert into api_keys (key_id, tenant_id, name, secret_sha256, scope, created_at, expires_at)
      values (:key, :tenant, :name, :secret, :scope, :now, :expires)
      returning
      """
          + COLUMNS;

  private static final String WITH_SECRET =
      "select secret_sha256, " + COLUMNS + " from api_keys where key_id = :key";

  private static final String OF_TENANT =
      "select "
          + COLUMNS
          + " from api_keys where tenant_id = :tenant order by created_at, key_id limit :limit";

  private static final String USED =
      """
      update api_keys set last_used_hour = :hour
      where key_id = :key and (last_used_hour is null or last_used_hour < :hour)
      """;

  private static final String DISABLE =
      """
      update api_keys set disabled_at = coalesce(disabled_at, :now)
      where tenant_id = :tenant and key_id = :key
      """;

  private static final SecureRandom RANDOM = new SecureRandom();

  /// Compared with when there is no such key, so that both cases take the same time.
  private static final byte[] NO_DIGEST = new byte[32];

  /// A listing is bounded although keys are never deleted; the oldest come first.
  static final int MAX_LISTED = 1_000;

  record Created(ApiKey key, ClientSecret secret) {}

  private record Compared(ApiKey key, boolean right) {}

  private final JdbcClient jdbc;
  private final Clock clock;
  private final int keysPerTenant;

  ApiKeys(JdbcClient jdbc, Clock clock, AuthProperties properties) {
    this.jdbc = jdbc;
    this.clock = clock;
    this.keysPerTenant = properties.keysPerTenant();
  }

  /// Makes a key; its secret is in the answer and nowhere else.
  @Transactional
  Created create(String tenantId, String name, Scopes ceiling, @Nullable Instant expiresAt) {
    if (!exists(LOCK_TENANT, tenantId)) {
      throw new UnknownTenantException(tenantId);
    }
    OffsetDateTime now = utc(clock.instant());
    long inUse =
        jdbc.sql(COUNT_IN_USE)
            .param("tenant", tenantId)
            .param("now", now)
            .query(Long.class)
            .single();
    if (inUse >= keysPerTenant) {
      throw new TooManyKeysException(tenantId, keysPerTenant);
    }
    ClientSecret secret = ClientSecret.generate();
    ApiKey key =
        jdbc.sql(INSERT)
            .param("key", newId())
            .param("tenant", tenantId)
            .param("name", name)
            .param("secret", secret.sha256())
            .param("scope", ceiling.toString())
            .param("now", now)
            .param("expires", expiresAt == null ? null : utc(expiresAt))
            .query((row, _) -> key(row))
            .single();
    return new Created(key, secret);
  }

  /// Whether this is the secret of a key that works. A success is noted in the key's hour of last
  /// use.
  public Authenticated authenticate(String keyId, String secret) {
    byte[] digest = new ClientSecret(secret).sha256();
    Optional<Compared> compared =
        jdbc.sql(WITH_SECRET)
            .param("key", keyId)
            .query(
                (row, _) ->
                    new Compared(
                        key(row), MessageDigest.isEqual(row.getBytes("secret_sha256"), digest)))
            .optional();
    boolean right =
        compared.map(Compared::right).orElseGet(() -> MessageDigest.isEqual(NO_DIGEST, digest));
    if (!right || compared.isEmpty()) {
      return new Authenticated.Unknown();
    }
    ApiKey key = compared.get().key();
    Instant now = clock.instant();
    if (key.disabledAt() != null) {
      return new Authenticated.Ended("The key is disabled.");
    }
    if (key.expiresAt() != null && !now.isBefore(key.expiresAt())) {
      return new Authenticated.Ended("The key has expired.");
    }
    noteUse(key, now.truncatedTo(ChronoUnit.HOURS));
    return new Authenticated.Accepted(key);
  }

  private void noteUse(ApiKey key, Instant hour) {
    if (key.lastUsedHour() == null || key.lastUsedHour().isBefore(hour)) {
      jdbc.sql(USED).param("key", key.keyId()).param("hour", utc(hour)).update();
    }
  }

  List<ApiKey> ofTenant(String tenantId) {
    List<ApiKey> keys =
        jdbc.sql(OF_TENANT)
            .param("tenant", tenantId)
            .param("limit", MAX_LISTED)
            .query((row, _) -> key(row))
            .list();
    if (keys.isEmpty() && !exists(FIND_TENANT, tenantId)) {
      throw new UnknownTenantException(tenantId);
    }
    return keys;
  }

  private boolean exists(String query, String tenantId) {
    return jdbc.sql(query).param("tenant", tenantId).query(Integer.class).optional().isPresent();
  }

  /// Ends a key for good; it gets no further token. False when the tenant has no such key.
  boolean disable(String tenantId, String keyId) {
    return jdbc.sql(DISABLE)
            .param("tenant", tenantId)
            .param("key", keyId)
            .param("now", utc(clock.instant()))
            .update()
        > 0;
  }

  private static String newId() {
    byte[] bits = new byte[10];
    RANDOM.nextBytes(bits);
    return "key_" + HexFormat.of().formatHex(bits);
  }

  private static ApiKey key(ResultSet row) throws SQLException {
    return new ApiKey(
        row.getString("key_id"),
        row.getString("tenant_id"),
        row.getString("name"),
        new Scopes(List.of(row.getString("scope").split(" "))),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        instant(row, "expires_at"),
        instant(row, "disabled_at"),
        instant(row, "last_used_hour"));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
