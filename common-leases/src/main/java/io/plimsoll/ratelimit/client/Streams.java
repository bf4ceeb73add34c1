package io.plimsoll.ratelimit.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The open streams of this gateway, by key: absolute counts, reported every few seconds, with each
/// new stream asked for before it opens. Belongs to the agent's thread.
///
/// A count that can't be reported changes nothing here; the next report is right again.
final class Streams {

  private static final long REPORT = TimeUnit.SECONDS.toNanos(5);

  /// A stream that is gone is told sooner, but not with a call of its own each.
  private static final long CLOSED_REPORT = TimeUnit.MILLISECONDS.toNanos(500);

  /// One that could not be counted is told again then.
  private static final long AWAY_REPORT = TimeUnit.SECONDS.toNanos(1);

  private static final class Count {

    final Bucket.Key key;
    Policy policy;
    int open;
    int reported;
    long reportAt;
    final ArrayDeque<Opening> waiters = new ArrayDeque<>();

    Count(Bucket.Key key, Policy policy) {
      this.key = key;
      this.policy = policy;
    }
  }

  /// A stream on its way through its policies.
  private static final class Opening {

    final Subject subject;
    final List<Policy> limits;
    final long deadline;
    final CompletableFuture<StreamAdmission> result;
    final List<Count> entered = new ArrayList<>();

    Opening(
        Subject subject,
        List<Policy> limits,
        long deadline,
        CompletableFuture<StreamAdmission> result) {
      this.subject = subject;
      this.limits = limits;
      this.deadline = deadline;
      this.result = result;
    }
  }

  /// One count in a call.
  record Asked(Object count, int want, Wire.Streams wire) {}

  private final Agent agent;
  private final Map<Bucket.Key, Count> counts = new HashMap<>();

  Streams(Agent agent) {
    this.agent = agent;
  }

  void open(
      Subject subject,
      List<Policy> limits,
      long deadline,
      CompletableFuture<StreamAdmission> result) {
    proceed(new Opening(subject, limits, deadline, result));
  }

  /// On to the next policy, or in.
  private void proceed(Opening opening) {
    while (opening.entered.size() < opening.limits.size()) {
      Policy policy = opening.limits.get(opening.entered.size());
      Count count = count(opening.subject, policy);
      if (!agent.away()) {
        count.waiters.add(opening);
        agent.callBy(agent.now());
        return;
      }
      if (!withoutStore(count, opening)) {
        return;
      }
    }
    List<Count> entered = opening.entered;
    OpenStream stream = new OpenStream(() -> agent.run(() -> leave(entered)));
    Policy first = opening.limits.getFirst();
    opening.result.complete(
        new StreamAdmission(new Entered(first, entered.getFirst().open), stream));
  }

  private record Entered(Policy policy, int open) implements Decision.Admitted {

    @Override
    public long remaining() {
      return Math.max(0, policy.streams() - open);
    }

    @Override
    public long resetSeconds() {
      return 0;
    }
  }

  private void enter(Count count, Opening opening) {
    count.open++;
    opening.entered.add(count);
  }

  private void leave(List<Count> entered) {
    for (Count count : entered) {
      count.open--;
      count.reportAt = Math.min(count.reportAt, agent.now() + CLOSED_REPORT);
      agent.callBy(count.reportAt);
    }
  }

  private void refuse(Opening opening, Policy policy, boolean unavailable) {
    leave(opening.entered);
    opening.result.complete(
        new StreamAdmission(new Decision.Refused(policy, unavailable, 1), null));
  }

  /// Whether it may go on by what the policy says for this case.
  private boolean withoutStore(Count count, Opening opening) {
    boolean admitted =
        count.policy.shadow()
            || switch (count.policy.storeAway()) {
              case HOLD -> false;
              case OPEN -> true;
              case SHARE -> count.open < Math.max(1, count.policy.streams() / agent.maxGateways());
            };
    if (admitted) {
      enter(count, opening);
    } else {
      refuse(opening, count.policy, count.policy.storeAway() == Policy.StoreAway.HOLD);
    }
    return admitted;
  }

  private Count count(Subject subject, Policy policy) {
    Count count = counts.computeIfAbsent(policy.bucket(subject), key -> new Count(key, policy));
    count.policy = policy;
    return count;
  }

  /// Those that must be told something now; with at least one, all that are nearly due.
  List<Asked> ask(long now, int places) {
    List<Asked> asked = new ArrayList<>();
    var all = counts.values().iterator();
    while (all.hasNext() && asked.size() < places) {
      Count count = all.next();
      int want = count.waiters.size();
      if (want == 0 && count.open == 0 && count.reported == 0) {
        all.remove();
      } else if (want > 0 || count.reportAt - now <= CLOSED_REPORT) {
        asked.add(new Asked(count, want, wire(count, count.open, want)));
      }
    }
    return asked;
  }

  void answered(List<Asked> asked, List<Wire.Counted> answers, long now) {
    for (int i = 0; i < asked.size(); i++) {
      Count count = (Count) asked.get(i).count();
      Wire.Counted answer = answers.get(i);
      if (answer.away()) {
        count.reportAt = now + AWAY_REPORT;
        failed(asked.get(i));
        continue;
      }
      count.reported = asked.get(i).wire().open() + answer.granted();
      count.reportAt = now + REPORT;
      boolean any = answer.unknown() || count.policy.shadow();
      for (int n = 0; n < asked.get(i).want(); n++) {
        Opening opening = count.waiters.poll();
        if (opening == null) {
          break; // its time was over
        }
        if (any || n < answer.granted()) {
          enter(count, opening);
          proceed(opening);
        } else {
          refuse(opening, count.policy, false);
        }
      }
      if (count.open != count.reported) {
        count.reportAt = now + CLOSED_REPORT;
      }
      agent.callBy(count.reportAt);
    }
  }

  void failed(Asked asked) {
    Count count = (Count) asked.count();
    for (int n = 0; n < asked.want(); n++) {
      Opening opening = count.waiters.poll();
      if (opening != null && withoutStore(count, opening)) {
        proceed(opening);
      }
    }
  }

  /// Decides for those whose time is over; when the next one's is, or null.
  @Nullable Long expire(long now) {
    Long next = null;
    for (Count count : List.copyOf(counts.values())) {
      Opening first = count.waiters.peek();
      while (first != null && now - first.deadline >= 0) {
        count.waiters.poll();
        if (withoutStore(count, first)) {
          proceed(first);
        }
        first = count.waiters.peek();
      }
      if (first != null && (next == null || first.deadline - next < 0)) {
        next = first.deadline;
      }
    }
    return next;
  }

  /// When a count must next be reported, or null.
  @Nullable Long nextReport() {
    Long next = null;
    for (Count count : counts.values()) {
      if ((count.open > 0 || count.reported > 0) && (next == null || count.reportAt - next < 0)) {
        next = count.reportAt;
      }
    }
    return next;
  }

  /// Refuses who waits.
  ///
  /// @return that what was reported as open is so no more, as much as there are places for
  List<Wire.Streams> close(int places) {
    List<Wire.Streams> ended = new ArrayList<>();
    for (Count count : counts.values()) {
      Opening opening = count.waiters.poll();
      while (opening != null) {
        refuse(opening, count.policy, true);
        opening = count.waiters.poll();
      }
      if (count.reported > 0 && ended.size() < places) {
        ended.add(wire(count, 0, 0));
      }
    }
    return ended;
  }

  private static Wire.Streams wire(Count count, int open, int want) {
    Policy policy = count.policy;
    return new Wire.Streams(count.key.tenant(), policy.id(), policy.key(count.key), open, want);
  }
}
