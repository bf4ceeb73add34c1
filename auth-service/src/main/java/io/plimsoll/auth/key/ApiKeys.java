package io.plimsoll.auth.key;

import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.audit.Actor;
import io.plimsoll.auth.audit.Audit;
import io.plimsoll.auth.change.Changes;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/// The tenants' API keys, in PostgreSQL.
@Repository
public class ApiKeys {

  private static final String COLUMNS =
      "key_id, tenant_id, name, scope, created_at, expires_at, disabled_at, last_used_hour,"
          + " verification_jwk, verification_secret, wrapped_by";

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
      insert into api_keys (key_id, tenant_id, name, secret_sha256, scope, created_at, expires_at,
        verification_jwk, verification_secret, wrapped_by)
      values (:key, :tenant, :name, :secret, :scope, :now, :expires, :jwk, :wrapped, :wrappedBy)
      returning
      """
          + COLUMNS;

  private static final String WITH_SECRET =
      "select secret_sha256, "
          + COLUMNS
          + ", (select disabled_at is not null from tenants t where t.tenant_id = k.tenant_id)"
          + " as tenant_disabled from api_keys k where key_id = :key";

  private static final String FIND = "select " + COLUMNS + " from api_keys where key_id = :key";

  private static final String LOCK = FIND + " and tenant_id = :tenant for no key update";

  private static final String UPDATE =
      """
      update api_keys set name = :name, scope = :scope, expires_at = :expires,
        verification_jwk = :jwk, verification_secret = :wrapped, wrapped_by = :wrappedBy
      where key_id = :key
      """;

  private static final String OF_TENANT =
      "select "
          + COLUMNS
          + """
           from api_keys where tenant_id = :tenant and (:after = '' or (created_at, key_id) >
             (select created_at, key_id from api_keys where key_id = :after and tenant_id = :tenant))
          order by created_at, key_id limit :limit
          """;

  private static final String USED =
      """
      update api_keys set last_used_hour = :hour
      where key_id = :key and (last_used_hour is null or last_used_hour < :hour)
      """;

  private static final String DISABLE =
      """
      update api_keys set disabled_at = :now where key_id = :key and disabled_at is null
      """;

  private static final String WRAPPED_BY_ANOTHER =
      "select "
          + COLUMNS
          + """
           from api_keys where wrapped_by <> :current and key_id > :after
          order by key_id limit 100 for no key update skip locked
          """;

  private static final String TENANT_DISABLED =
      "select disabled_at is not null from tenants where tenant_id = :tenant";

  private static final SecureRandom RANDOM = new SecureRandom();

  /// Compared with when there is no such key, so that both cases take the same time.
  private static final byte[] NO_DIGEST = new byte[32];

  /// @param verificationSecret null unless a shared verification secret was made
  record Created(ApiKey key, ClientSecret secret, @Nullable String verificationSecret) {

    /// Records print their components; this one must not.
    @Override
    public String toString() {
      return "Created[…]";
    }
  }

  /// What a new key shall be.
  ///
  /// @param verification a public JWK or `{"kind":"secret"}`
  record New(
      String name, Scopes ceiling, @Nullable Instant expiresAt, @Nullable JsonNode verification) {}

  private record Compared(ApiKey key, boolean right, boolean tenantDisabled) {}

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;
  private final Verifications verifications;
  private final WrappingKeys wrappingKeys;
  private final Changes changes;
  private final Audit audit;
  private final Clock clock;
  private final int keysPerTenant;

  ApiKeys(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Verifications verifications,
      WrappingKeys wrappingKeys,
      Changes changes,
      Audit audit,
      Clock clock,
      AuthProperties properties) {
    this.jdbc = jdbc;
    this.transactions = transactions;
    this.verifications = verifications;
    this.wrappingKeys = wrappingKeys;
    this.changes = changes;
    this.audit = audit;
    this.clock = clock;
    this.keysPerTenant = properties.keysPerTenant();
  }

  /// Makes a key; its secrets are in the answer and nowhere else.
  @Transactional
  Created create(String tenantId, New wanted, Actor actor) {
    String keyId = newId();
    Verifications.Made made =
        wanted.verification() == null ? null : verifications.make(keyId, wanted.verification());
    if (!exists(LOCK_TENANT, tenantId)) {
      throw new UnknownTenantException(tenantId);
    }
    OffsetDateTime now = utc(clock.instant());
    expectRoom(tenantId, now);
    ClientSecret secret = ClientSecret.generate();
    Verification verification = made == null ? null : made.verification();
    ApiKey key =
        verification(jdbc.sql(INSERT), verification)
            .param("key", keyId)
            .param("tenant", tenantId)
            .param("name", wanted.name())
            .param("secret", secret.sha256())
            .param("scope", wanted.ceiling().toString())
            .param("now", now)
            .param("expires", utcOrNull(wanted.expiresAt()))
            .query((row, _) -> key(row))
            .single();
    note(key, "key.created", detail(null, key), actor);
    return new Created(key, secret, made == null ? null : made.secret());
  }

  /// Of a tenant that is locked, for one more key in use.
  private void expectRoom(String tenantId, OffsetDateTime now) {
    long inUse =
        jdbc.sql(COUNT_IN_USE)
            .param("tenant", tenantId)
            .param("now", now)
            .query(Long.class)
            .single();
    if (inUse >= keysPerTenant) {
      throw new TooManyKeysException(tenantId, keysPerTenant);
    }
  }

  /// Changes a key that is not disabled.
  ///
  /// @param change makes the key as it shall be from the key as it is
  @Transactional
  ApiKey change(String tenantId, String keyId, UnaryOperator<ApiKey> change, Actor actor) {
    exists(LOCK_TENANT, tenantId);
    ApiKey before = lock(tenantId, keyId);
    if (before.disabledAt() != null) {
      throw new DisabledKeyException(keyId);
    }
    ApiKey after = change.apply(before);
    Instant now = clock.instant();
    if (isExpired(before, now) && !isExpired(after, now)) {
      expectRoom(tenantId, utc(now));
    }
    if (!after.equals(before)) {
      update(after, after.verification());
      note(after, "key.changed", detail(before, after), actor);
    }
    return after;
  }

  private static boolean isExpired(ApiKey key, Instant now) {
    Instant expiry = key.expiresAt();
    return expiry != null && !expiry.isAfter(now);
  }

  private ApiKey lock(String tenantId, String keyId) {
    return jdbc.sql(LOCK)
        .param("tenant", tenantId)
        .param("key", keyId)
        .query((row, _) -> key(row))
        .optional()
        .orElseThrow(() -> new UnknownKeyException(tenantId, keyId));
  }

  private void note(ApiKey key, String action, Map<String, Object> detail, Actor actor) {
    audit.add(changes.key(key.keyId()), actor, action, key.tenantId(), key.keyId(), detail);
  }

  /// What is new or has changed; of what verifies, the algorithm and what is public.
  private static Map<String, Object> detail(@Nullable ApiKey before, ApiKey after) {
    Map<String, Object> detail = new LinkedHashMap<>();
    if (before == null || !before.name().equals(after.name())) {
      detail.put("name", after.name());
    }
    if (before == null || !before.ceiling().equals(after.ceiling())) {
      detail.put("scope", after.ceiling().toString());
    }
    Instant expiry = before == null ? null : before.expiresAt();
    if (!Objects.equals(expiry, after.expiresAt())) {
      detail.put("expiresAt", String.valueOf(after.expiresAt()));
    }
    Verification verification = before == null ? null : before.verification();
    if (!Objects.equals(verification, after.verification())) {
      detail.put(
          "verification",
          switch (after.verification()) {
            case null -> "none";
            case Verification.PublicKey key -> key.jwk();
            case Verification.Secret secret -> secret.algorithm();
          });
    }
    return detail;
  }

  /// Wraps anew what another key than the first has wrapped, so that the other can be given up. A
  /// secret that can't be unwrapped stays as it is and keeps none after it from its turn.
  @Scheduled(fixedDelayString = "${plimsoll.auth.purge:10m}", initialDelayString = "1s")
  void rewrap() {
    wrappingKeys.current().ifPresent(this::rewrap);
  }

  private void rewrap(String current) {
    String next = "";
    while (next != null) {
      String after = next;
      next = transactions.execute(_ -> rewrapSome(after, current));
    }
  }

  /// @return where to go on; null at the end
  private @Nullable String rewrapSome(String after, String current) {
    List<ApiKey> some =
        jdbc.sql(WRAPPED_BY_ANOTHER)
            .param("current", current)
            .param("after", after)
            .query((row, _) -> key(row))
            .list();
    for (ApiKey key : some) {
      if (key.verification() instanceof Verification.Secret secret) {
        wrappingKeys.wrapAnew(key.keyId(), secret).ifPresent(anew -> update(key, anew));
      }
    }
    return some.isEmpty() ? null : some.getLast().keyId();
  }

  private void update(ApiKey key, @Nullable Verification verification) {
    verification(jdbc.sql(UPDATE), verification)
        .param("key", key.keyId())
        .param("name", key.name())
        .param("scope", key.ceiling().toString())
        .param("expires", utcOrNull(key.expiresAt()))
        .update();
  }

  private static JdbcClient.StatementSpec verification(
      JdbcClient.StatementSpec statement, @Nullable Verification verification) {
    String jwk = verification instanceof Verification.PublicKey key ? key.jwk() : null;
    Verification.Secret secret = verification instanceof Verification.Secret made ? made : null;
    return statement
        .param("jwk", jwk)
        .param("wrapped", secret == null ? null : secret.wrapped())
        .param("wrappedBy", secret == null ? null : secret.wrappedBy());
  }

  public Optional<ApiKey> find(String keyId) {
    return jdbc.sql(FIND).param("key", keyId).query((row, _) -> key(row)).optional();
  }

  public boolean tenantExists(String tenantId) {
    return exists(FIND_TENANT, tenantId);
  }

  /// Whether no token of the tenant counts now.
  public boolean tenantDisabled(String tenantId) {
    return jdbc.sql(TENANT_DISABLED)
        .param("tenant", tenantId)
        .query(Boolean.class)
        .optional()
        .orElse(true);
  }

  /// What a gateway needs to know of a key. Somebody used it, or said so: that is noted in its hour
  /// of last use, for a key that only verifies is used nowhere else.
  Optional<ApiKey> findForGateway(String keyId) {
    Optional<ApiKey> found = find(keyId);
    Instant now = clock.instant();
    found
        .filter(key -> key.verification() != null && !key.ended(now))
        .ifPresent(key -> noteUse(key, now.truncatedTo(ChronoUnit.HOURS)));
    return found;
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
                        key(row),
                        MessageDigest.isEqual(row.getBytes("secret_sha256"), digest),
                        row.getBoolean("tenant_disabled")))
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
    if (compared.get().tenantDisabled()) {
      return new Authenticated.Ended("The tenant is disabled.");
    }
    noteUse(key, now.truncatedTo(ChronoUnit.HOURS));
    return new Authenticated.Accepted(key);
  }

  private void noteUse(ApiKey key, Instant hour) {
    if (key.lastUsedHour() == null || key.lastUsedHour().isBefore(hour)) {
      jdbc.sql(USED).param("key", key.keyId()).param("hour", utc(hour)).update();
    }
  }

  /// The oldest first.
  ///
  /// @param after the id of the last key that was had, or empty
  List<ApiKey> ofTenant(String tenantId, String after, int limit) {
    List<ApiKey> keys =
        jdbc.sql(OF_TENANT)
            .param("tenant", tenantId)
            .param("after", after)
            .param("limit", limit)
            .query((row, _) -> key(row))
            .list();
    if (keys.isEmpty() && !tenantExists(tenantId)) {
      throw new UnknownTenantException(tenantId);
    }
    return keys;
  }

  private boolean exists(String query, String tenantId) {
    return jdbc.sql(query).param("tenant", tenantId).query(Integer.class).optional().isPresent();
  }

  /// Ends a key for good: it gets no further token, and those that it got or signed are revoked.
  @Transactional
  void disable(String tenantId, String keyId, Actor actor) {
    ApiKey key = lock(tenantId, keyId);
    if (key.disabledAt() != null) {
      return;
    }
    Instant now = clock.instant();
    jdbc.sql(DISABLE).param("key", keyId).param("now", utc(now)).update();
    changes.notBefore(tenantId, null, keyId, now.getEpochSecond());
    note(key, "key.disabled", Map.of(), actor);
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
        instant(row, "last_used_hour"),
        verification(row));
  }

  private static @Nullable Verification verification(ResultSet row) throws SQLException {
    String jwk = row.getString("verification_jwk");
    if (jwk != null) {
      return new Verification.PublicKey(jwk.contains("\"Ed25519\"") ? "EdDSA" : "ES256", jwk);
    }
    String wrapped = row.getString("verification_secret");
    return wrapped == null ? null : new Verification.Secret(wrapped, row.getString("wrapped_by"));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  private static @Nullable OffsetDateTime utcOrNull(@Nullable Instant instant) {
    return instant == null ? null : utc(instant);
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
