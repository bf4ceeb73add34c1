package io.plimsoll.ratelimit.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.ratelimit.client.Policy.Per;
import io.plimsoll.ratelimit.client.Policy.StoreAway;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoliciesTests {

  private static final List<Subject> SUBJECTS = subjects();

  /// A user may have an API key's name.
  private static List<Subject> subjects() {
    List<Subject> subjects = new ArrayList<>();
    for (String key : new String[] {"one", "other", null}) {
      for (String user : new String[] {"one", "anna", null}) {
        for (String routeClass : List.of("auth", "chat")) {
          subjects.add(new Subject("acme", "default", key, user, routeClass));
        }
      }
    }
    return subjects;
  }

  /// Whatever a policy can be for, so that it says something of these subjects.
  private static List<Policy> policies() {
    List<Policy> policies = new ArrayList<>();
    for (String plan : new String[] {"default", null}) {
      for (String tenant : new String[] {"acme", null}) {
        for (String key : new String[] {"one", null}) {
          for (String user : new String[] {"one", null}) {
            for (String routeClass : new String[] {"auth", null}) {
              for (Per per : Per.values()) {
                policies.add(policy(policies.size(), plan, tenant, key, user, routeClass, per));
              }
            }
          }
        }
      }
    }
    return policies;
  }

  private static Policy policy(
      int id,
      @Nullable String plan,
      @Nullable String tenant,
      @Nullable String key,
      @Nullable String user,
      @Nullable String routeClass,
      Per per) {
    return new Policy(
        "p" + id,
        "limit",
        plan,
        tenant,
        key,
        user,
        routeClass,
        per,
        50,
        100,
        0,
        false,
        false,
        StoreAway.SHARE);
  }

  private static boolean forTheSame(Policy one, Policy other) {
    return one.specificity() == other.specificity();
  }

  /// Every two policies of one limit that there can be at once, for every two requests.
  @Test
  void noTwoPoliciesRuleOneBucket() {
    List<Policy> all = policies();
    for (Policy one : all) {
      for (Policy other : all) {
        if (forTheSame(one, other)) {
          continue; // a conflict, refused by the admin API
        }
        Policies both = new Policies("1", 1, List.of(one, other));
        Map<Bucket.Key, Policy> rulers = new HashMap<>();
        for (Subject subject : SUBJECTS) {
          for (Policy policy : both.of(subject)) {
            Policy ruler = rulers.putIfAbsent(policy.bucket(subject), policy);
            assertThat(ruler == null ? policy : ruler).as("%s, %s", one, other).isEqualTo(policy);
          }
        }
      }
    }
  }

  /// What a call says is enough to find the bucket by: its policy has the rest.
  @Test
  void aCallTellsBucketsApart() {
    for (Policy policy : policies()) {
      Map<String, Bucket.Key> buckets = new HashMap<>();
      for (Subject subject : SUBJECTS) {
        if (policy.fits(subject, "default")) {
          Bucket.Key bucket = policy.bucket(subject);
          Bucket.Key same = buckets.putIfAbsent(policy.key(bucket), bucket);
          assertThat(Objects.requireNonNullElse(same, bucket)).isEqualTo(bucket);
        }
      }
    }
  }

  /// Requests of different users, API keys or route classes share what their policy says.
  @Test
  void requestsShareABucketByWhatThePolicyIsPer() {
    for (Policy policy : policies()) {
      long buckets =
          SUBJECTS.stream()
              .filter(subject -> policy.fits(subject, "default"))
              .map(policy::bucket)
              .distinct()
              .count();
      long expected =
          switch (policy.per()) {
            case TENANT -> 1;
            case KEY -> policy.apiKey() == null ? 2 : 1;
            case USER -> policy.user() == null ? 2 : 1;
          };
      assertThat(buckets).as("%s", policy).isEqualTo(expected);
    }
  }
}
