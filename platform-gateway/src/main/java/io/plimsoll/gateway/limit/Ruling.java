package io.plimsoll.gateway.limit;

import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.ratelimit.client.Decision;
import io.plimsoll.ratelimit.client.Policy;
import org.jspecify.annotations.Nullable;

/// What the limits say of a request or a stream.
public sealed interface Ruling {

  /// Header that names the policy nearest its end
  /// ([draft-ietf-httpapi-ratelimit-headers-10](https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10)).
  String POLICY_HEADER = "RateLimit-Policy";

  /// Header that says what is left of it.
  String LIMIT_HEADER = "RateLimit";

  /// Go on.
  ///
  /// @param policy value of `RateLimit-Policy` for the answer, where it is 2xx; null where nothing
  ///   limits the request
  /// @param limit value of `RateLimit`, null in the same case
  record Admitted(@Nullable String policy, @Nullable String limit) implements Ruling {

    static final Admitted UNLIMITED = new Admitted(null, null);

    /// Whether a unit was taken for it, which is what usage counts as admitted.
    public boolean counted() {
      return policy != null;
    }
  }

  /// Answer this: 429 `rate-limited` or 503 `unavailable`, with all headers.
  record Refused(Problem problem) implements Ruling {}

  /// From a live view: to be called where the decision was made.
  static Ruling of(Decision decision) {
    return switch (decision) {
      case Decision.Admitted admitted -> admitted(admitted);
      case Decision.Refused refused -> new Refused(problem(refused));
    };
  }

  private static Admitted admitted(Decision.Admitted admitted) {
    Policy policy = admitted.policy();
    return policy == null
        ? Admitted.UNLIMITED
        : new Admitted(admitted.policyItem(), limit(policy, admitted));
  }

  private static Problem problem(Decision.Refused refused) {
    Policy policy = refused.policy();
    if (policy == null || refused.unavailable()) {
      return Problem.unavailable(
              "unavailable", "Whether this is within the limits can't be told now; repeat.")
          .retryAfter(refused.retryAfterSeconds());
    }
    return Problem.of(
            429,
            "rate-limited",
            policy.streams() > 0
                ? "As many streams are open as the limit \"" + policy.limit() + "\" admits."
                : "The limit \"" + policy.limit() + "\" admits no more now; wait for Retry-After.")
        .with(POLICY_HEADER, policy.headerItem())
        .with(LIMIT_HEADER, limit(policy, refused))
        .retryAfter(refused.retryAfterSeconds());
  }

  private static String limit(Policy policy, Decision decision) {
    return "\"" + policy.limit() + "\";r=" + decision.remaining() + ";t=" + decision.resetSeconds();
  }
}
