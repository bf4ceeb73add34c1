package io.plimsoll.ratelimit.client;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Who asks, for what. It remembers which buckets that comes to: keep it with what is kept of the
/// caller anyway, say with a verified token and per route class. Thread-safe.
public final class Subject {

  /// The buckets and the stream limits that it comes to, by one version of the policies.
  static final class Resolved {

    final Policies policies;

    /// Null: there was no place for another one. An array, for every request walks it.
    final Bucket @Nullable [] buckets;

    final List<Policy> streams;

    Resolved(Policies policies, Bucket @Nullable [] buckets, List<Policy> streams) {
      this.policies = policies;
      this.buckets = buckets;
      this.streams = streams;
    }
  }

  private final String tenant;
  private final String plan;
  private final @Nullable String apiKey;
  private final @Nullable String user;
  private final String routeClass;
  private volatile @Nullable Resolved resolved;

  /// Whoever calls, with what is known of the caller.
  ///
  /// @param plan the tenant's
  /// @param user null for the tenant's own backend
  public Subject(
      String tenant,
      String plan,
      @Nullable String apiKey,
      @Nullable String user,
      String routeClass) {
    this.tenant = Objects.requireNonNull(tenant);
    this.plan = Objects.requireNonNull(plan);
    this.apiKey = apiKey;
    this.user = user;
    this.routeClass = Objects.requireNonNull(routeClass);
  }

  public String tenant() {
    return tenant;
  }

  public String plan() {
    return plan;
  }

  public @Nullable String apiKey() {
    return apiKey;
  }

  public @Nullable String user() {
    return user;
  }

  public String routeClass() {
    return routeClass;
  }

  @Nullable Resolved resolved() {
    return resolved;
  }

  void resolved(@Nullable Resolved resolved) {
    this.resolved = resolved;
  }
}
