package io.plimsoll.auth.change;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.Purge;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// The change log, in PostgreSQL. Whoever writes is in a transaction of its own that makes the
/// change; the number is the gateways' once that commits.
@Repository
public class Changes {

  /// A token lives 24 h at most and may be dated 60 s ahead; after that nothing that a not-before
  /// refuses is still valid. Changes of keys and tenants are kept as long, for gateways that were
  /// away.
  public static final Duration KEPT = Duration.ofHours(25);

  /// Marks are kept longer than what is paged, so that whoever pages is not taken for a stranger.
  private static final Duration MARKS_KEPT = KEPT.plusHours(1);

  private static final String TAKE =
      """
      with taken as (update change_counter set number = number + 1 returning number)
      insert into change_marks (number, mark, taken_at)
      select number, gen_random_uuid(), :now from taken
      returning number
      """;

  private static final String HEAD =
      "select number, mark from change_marks order by number desc limit 1";

  private static final String MARK = "select mark from change_marks where number = :number";

  private static final String IS_REVOKED =
      "select exists (select 1 from changes where kind = 'token' and token = :token)";

  private static final String USERS_REVOKED_OF_TENANT =
      """
      select count(*) from (
        select 1 from changes
        where kind = 'not-before' and tenant_id = :tenant and user_id is distinct from :user
          and until_at > :now
        limit :most) revoked
      """;

  private static final String REVOKED_OF_TENANT =
      """
      select count(*) from (
        select 1 from changes
        where kind = 'token' and tenant_id = :tenant and until_at > :now limit :most) revoked
      """;

  private static final String ADD_TOKEN =
      """
      insert into changes (number, kind, token, tenant_id, until_at)
      values (:number, 'token', :token, :tenant, :until)
      on conflict (token) where kind = 'token' do nothing
      """;

  /// In a form that the index of not-befores serves, which `is not distinct from` is not.
  private static final String IS_NOT_BEFORE =
      """
      select exists (
        select 1 from changes
        where kind = 'not-before' and not_before >= :notBefore
          and (tenant_id = :tenant or (cast(:tenant as text) is null and tenant_id is null))
          and (user_id = :user or (cast(:user as text) is null and user_id is null))
          and (key_id = :key or (cast(:key as text) is null and key_id is null)))
      """;

  private static final String PUT_NOT_BEFORE =
      """
      insert into changes (number, kind, tenant_id, user_id, key_id, not_before, until_at)
      values (:number, 'not-before', :tenant, :user, :key, :notBefore, :until)
      on conflict (tenant_id, user_id, key_id) where kind = 'not-before' do update
      set number = excluded.number, not_before = excluded.not_before, until_at = excluded.until_at
      where changes.not_before < excluded.not_before
      """;

  private static final String PUT_KEY =
      """
      insert into changes (number, kind, key_id, until_at) values (:number, 'key', :key, :until)
      on conflict (key_id) where kind = 'key' do update
      set number = excluded.number, until_at = excluded.until_at
      """;

  private static final String PUT_TENANT =
      """
      insert into changes (number, kind, tenant_id, until_at)
      values (:number, 'tenant', :tenant, :until)
      on conflict (tenant_id) where kind = 'tenant' do update
      set number = excluded.number, until_at = excluded.until_at
      """;

  private static final String AFTER =
      """
      select number, kind, token, tenant_id, user_id, key_id, not_before, until_at from changes
      where number > :after and number <= :head and until_at > :now
      order by number limit :limit
      """;

  private static final String REFUSES =
      """
      select exists (
        select 1 from changes
        where until_at > :now and (
          (kind = 'token' and token = any (:names))
          or (kind = 'not-before' and not_before >= :issued
            and (tenant_id is null or tenant_id = :tenant)
            and (user_id is null or user_id = :user)
            and (key_id is null or key_id = :key))))
      """;

  private static final String PURGE =
      """
      delete from changes where ctid = any (array(
        select ctid from changes where until_at <= :now limit :rows for update skip locked))
      """;

  /// All that were followed by another that long ago, but of what is still alive, for a page may
  /// end there: the newest is never among them.
  private static final String PURGE_MARKS =
      """
      delete from change_marks where ctid = any (array(
        select ctid from change_marks
        where number < (select max(number) from change_marks where taken_at <= :before)
          and not exists (select 1 from changes where changes.number = change_marks.number)
        limit :rows for update skip locked))
      """;

  /// One change, as gateways read it; what does not belong to its kind is absent.
  ///
  /// @param key the key that a not-before is limited to
  /// @param keyId the key that was made or changed
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Change(
      long number,
      String kind,
      @Nullable String token,
      @Nullable String tenant,
      @Nullable String user,
      @Nullable String key,
      @Nullable String keyId,
      @Nullable Long notBefore,
      @Nullable Long until) {}

  /// @param next the number to ask from next time
  /// @param mark what to ask with it: it says which `next` this is, should a backup be restored
  /// @param more whether there is more than was asked for
  /// @param reset whether this is all there is, because the reader has read another history
  record Page(long next, UUID mark, boolean more, boolean reset, List<Change> changes) {}

  private record Head(long number, UUID mark) {}

  private final JdbcClient jdbc;
  private final Clock clock;
  private final Hints hints;
  private final int revokedTokensPerTenant;

  Changes(JdbcClient jdbc, Clock clock, Hints hints, AuthProperties properties) {
    this.jdbc = jdbc;
    this.clock = clock;
    this.hints = hints;
    this.revokedTokensPerTenant = properties.revokedTokensPerTenant();
  }

  /// This key was made or changed.
  ///
  /// @return the change's number
  @Transactional(propagation = Propagation.MANDATORY)
  public long key(String keyId) {
    long number = take();
    jdbc.sql(PUT_KEY)
        .param("number", number)
        .param("key", keyId)
        .param("until", now() + KEPT.toSeconds())
        .update();
    return number;
  }

  /// This tenant was made or changed.
  ///
  /// @return the change's number
  @Transactional(propagation = Propagation.MANDATORY)
  public long tenant(String tenantId) {
    long number = take();
    jdbc.sql(PUT_TENANT)
        .param("number", number)
        .param("tenant", tenantId)
        .param("until", now() + KEPT.toSeconds())
        .update();
    return number;
  }

  /// This token is refused from now on.
  ///
  /// @param name `<kid>.<base64url(SHA-256(header.payload))>`
  /// @param end when the token ends by itself, in seconds
  /// @return the change's number, or null when the token was revoked before
  /// @throws TooManyRevocationsException when the tenant has too many that have not ended
  @Transactional(propagation = Propagation.MANDATORY)
  public @Nullable Long token(String tenant, String name, long end) {
    if (jdbc.sql(IS_REVOKED).param("token", name).query(Boolean.class).single()) {
      return null;
    }
    expectRoom(jdbc.sql(REVOKED_OF_TENANT).param("tenant", tenant));
    long number = take();
    int added =
        jdbc.sql(ADD_TOKEN)
            .param("number", number)
            .param("token", name)
            .param("tenant", tenant)
            .param("until", end)
            .update();
    return added == 0 ? null : number;
  }

  /// Counted before the counter's row is locked: nobody waits for it, and requests at the same time
  /// may go a little beyond.
  private void expectRoom(JdbcClient.StatementSpec alive) {
    long revoked =
        alive.param("now", now()).param("most", revokedTokensPerTenant).query(Long.class).single();
    if (revoked >= revokedTokensPerTenant) {
      throw new TooManyRevocationsException(revokedTokensPerTenant);
    }
  }

  /// Tokens issued up to this second are refused: those of a tenant, of one of its users or keys,
  /// or, without any of these, all of them.
  ///
  /// @return the change's number, or null when they were refused before: every gateway reads every
  ///   change, and would read one of nothing
  /// @throws TooManyRevocationsException when the tenant has revoked too many other users
  @Transactional(propagation = Propagation.MANDATORY)
  public @Nullable Long notBefore(
      @Nullable String tenant, @Nullable String user, @Nullable String key, long second) {
    if (notBefore(jdbc.sql(IS_NOT_BEFORE), tenant, user, key, second)
        .query(Boolean.class)
        .single()) {
      return null;
    }
    if (tenant != null && user != null) {
      expectRoom(jdbc.sql(USERS_REVOKED_OF_TENANT).param("tenant", tenant).param("user", user));
    }
    long number = take();
    int put =
        notBefore(jdbc.sql(PUT_NOT_BEFORE), tenant, user, key, second)
            .param("number", number)
            .param("until", second + KEPT.toSeconds())
            .update();
    return put == 0 ? null : number;
  }

  private static JdbcClient.StatementSpec notBefore(
      JdbcClient.StatementSpec statement,
      @Nullable String tenant,
      @Nullable String user,
      @Nullable String key,
      long second) {
    return statement
        .param("tenant", tenant)
        .param("user", user)
        .param("key", key)
        .param("notBefore", second);
  }

  /// Whether a revocation refuses a token.
  ///
  /// @param names the token's own name and that of the token it stands for, if any
  /// @param issued its `iat`
  public boolean refuse(
      List<String> names, String tenant, @Nullable String user, @Nullable String key, long issued) {
    return jdbc.sql(REFUSES)
        .param("now", now())
        .param("names", names.toArray(String[]::new))
        .param("issued", issued)
        .param("tenant", tenant)
        .param("user", user)
        .param("key", key)
        .query(Boolean.class)
        .single();
  }

  /// What is alive and has a greater number, by number; all of it for a reader that has read
  /// another history.
  ///
  /// @param mark what came with that number; null from who does not know, who is believed
  @Transactional(readOnly = true)
  Page after(long after, @Nullable UUID mark, int limit) {
    // First the head: whatever has a number up to it was committed before. What is committed
    // between the statements has a greater one, and comes next time.
    Head head =
        jdbc.sql(HEAD)
            .query((row, _) -> new Head(row.getLong(1), row.getObject(2, UUID.class)))
            .single();
    boolean reset = mark != null && !mark.equals(mark(after).orElse(null));
    List<Change> changes =
        jdbc.sql(AFTER)
            .param("after", reset ? 0 : after)
            .param("head", head.number())
            .param("now", now())
            .param("limit", limit + 1)
            .query((row, _) -> change(row))
            .list();
    if (changes.size() <= limit) {
      return new Page(head.number(), head.mark(), false, reset, changes);
    }
    List<Change> page = changes.subList(0, limit);
    long last = page.getLast().number();
    return new Page(last, mark(last).orElseThrow(), true, reset, page);
  }

  private Optional<UUID> mark(long number) {
    return jdbc.sql(MARK).param("number", number).query(UUID.class).optional();
  }

  @Scheduled(fixedDelayString = "${plimsoll.auth.purge:10m}", initialDelayString = "1s")
  void purge() {
    Purge.all(jdbc.sql(PURGE).param("now", now()));
    Purge.all(jdbc.sql(PURGE_MARKS).param("before", now() - MARKS_KEPT.toSeconds()));
  }

  private long take() {
    long number = jdbc.sql(TAKE).param("now", now()).query(Long.class).single();
    TransactionSynchronizationManager.registerSynchronization(
        new TransactionSynchronization() {
          @Override
          public void afterCommit() {
            hints.announce(number);
          }
        });
    return number;
  }

  private long now() {
    return Instant.now(clock).getEpochSecond();
  }

  private static Change change(ResultSet row) throws SQLException {
    String kind = row.getString("kind");
    String key = row.getString("key_id");
    boolean ofKey = kind.equals("key");
    boolean revokes = kind.equals("token") || kind.equals("not-before");
    return new Change(
        row.getLong("number"),
        kind,
        row.getString("token"),
        kind.equals("token") ? null : row.getString("tenant_id"),
        row.getString("user_id"),
        ofKey ? null : key,
        ofKey ? key : null,
        row.getObject("not_before", Long.class),
        revokes ? row.getLong("until_at") : null);
  }
}
