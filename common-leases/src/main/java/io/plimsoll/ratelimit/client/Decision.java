package io.plimsoll.ratelimit.client;

import org.jspecify.annotations.Nullable;

/// What became of a request, and what its answer's `RateLimit` fields say
/// ([draft-ietf-httpapi-ratelimit-headers-10](https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10)).
public sealed interface Decision {

  /// The policy that is nearest its end, or that refused; null where nothing limits the request.
  @Nullable Policy policy();

  /// Its item of the `RateLimit-Policy` field; null where nothing limits the request.
  default @Nullable String policyItem() {
    Policy policy = policy();
    return policy == null ? null : policy.headerItem();
  }

  /// Units left of it, as far as is known here: `r`.
  long remaining();

  /// Seconds: until the quota is whole again where admitted, until asking again can help where
  /// refused: `t`.
  long resetSeconds();

  /// Go on. A view, without a copy: read it before the answer's head is written, not later.
  non-sealed interface Admitted extends Decision {}

  /// Nothing limits the request.
  enum Unlimited implements Admitted {
    UNLIMITED;

    @Override
    public @Nullable Policy policy() {
      return null;
    }

    @Override
    public long remaining() {
      return Long.MAX_VALUE;
    }

    @Override
    public long resetSeconds() {
      return 0;
    }
  }

  /// Answer 429, or 503 where `unavailable`: then nobody knows whether there are units left.
  ///
  /// @param retryAfterSeconds at least 1, and never before there can be a unit again
  record Refused(@Nullable Policy policy, boolean unavailable, long retryAfterSeconds)
      implements Decision {

    @Override
    public long remaining() {
      return 0;
    }

    @Override
    public long resetSeconds() {
      return retryAfterSeconds;
    }
  }
}
