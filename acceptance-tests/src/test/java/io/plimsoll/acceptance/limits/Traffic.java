package io.plimsoll.acceptance.limits;

import io.plimsoll.acceptance.platform.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Users of a tenant who ask all the time, and what they were answered.
final class Traffic implements AutoCloseable {

  static final int USERS = 5;

  /// Well below what a user may.
  private static final Duration PAUSE = Duration.ofMillis(80);

  /// Key of the requests that nobody answered.
  static final String UNANSWERED = "unanswered";

  private final List<Thread> threads = new ArrayList<>();
  private final Map<String, AtomicLong> answers = new ConcurrentHashMap<>();
  private volatile boolean running = true;

  Traffic(Api api) {
    for (int i = 0; i < USERS; i++) {
      String token = api.token("user-" + i);
      threads.add(Thread.ofPlatform().daemon().start(() -> ask(api, token)));
    }
  }

  private void ask(Api api, String token) {
    while (running) {
      String outcome;
      try {
        outcome = group(api.get(token, "/chat/v1/rooms").status());
      } catch (AssertionError e) {
        outcome = UNANSWERED;
      }
      answers.computeIfAbsent(outcome, _ -> new AtomicLong()).incrementAndGet();
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /// As usage groups them.
  private static String group(int status) {
    return status == 429 ? "429" : status / 100 + "xx";
  }

  long answered(String group) {
    AtomicLong count = answers.get(group);
    return count == null ? 0 : count.get();
  }

  /// By status, and how many were not answered.
  Map<String, Long> answers() {
    Map<String, Long> all = new TreeMap<>();
    answers.forEach((group, count) -> all.put(group, count.get()));
    return all;
  }

  /// Stops asking; returns when everything is answered.
  @Override
  public void close() {
    running = false;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
