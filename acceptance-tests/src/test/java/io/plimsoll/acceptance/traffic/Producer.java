package io.plimsoll.acceptance.traffic;

import io.plimsoll.acceptance.history.Position;
import io.plimsoll.acceptance.history.Sent;
import io.plimsoll.acceptance.history.TopicHistory;
import io.plimsoll.acceptance.history.Violation.Cause;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Sends messages to one room, one after the other, each until it is answered: an unanswered send
/// may have been committed, and the same `clientId` again finds out. Now and then it edits or
/// deletes one of its last.
public final class Producer implements Runnable {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /// Longer than the gateway waits for a service, so that most silences are the connection's.
  private static final Duration TIMEOUT = Duration.ofSeconds(12);

  private static final int RECENT = 16;

  private final TopicUrl messages;
  private final TopicHistory topic;
  private final Sent sent;
  private final Pages pages;
  private final Duration interval;
  private final SplittableRandom random;
  private final Pauses pauses = new Pauses();
  private final Deque<Sending> recent = new ArrayDeque<>();
  private final Semaphore turn = new Semaphore(1);
  private volatile long answered;
  private volatile long repeated;

  private record Sending(int seq, long offset) {}

  private record Part(String type, String content) {}

  private record NewMessage(String clientId, List<Part> parts) {}

  private record Edit(List<Part> parts) {}

  /// @param messages the room's messages
  /// @param interval between two sends, about
  public Producer(
      TopicUrl messages, TopicHistory topic, Sent sent, Pages pages, Duration interval, long seed) {
    this.messages = messages;
    this.topic = topic;
    this.sent = sent;
    this.pages = pages;
    this.interval = interval;
    random = new SplittableRandom(seed);
  }

  /// Sends that were answered.
  public long answered() {
    return answered;
  }

  /// Requests that had to be made again.
  public long repeated() {
    return repeated;
  }

  /// Waits for the answer to what is under way and sends nothing more until [#resume].
  public void pause() {
    turn.acquireUninterruptibly();
  }

  public void resume() {
    turn.release();
  }

  @Override
  public void run() {
    while (!pauses.stopped()) {
      turn.acquireUninterruptibly();
      try {
        if (!pauses.stopped()) {
          act();
        }
      } finally {
        turn.release();
      }
      pauses.rest(Pauses.about(interval).toMillis());
    }
  }

  private void act() {
    double lot = random.nextDouble();
    Sending old = recent.isEmpty() || lot > 0.04 ? null : recent.peekFirst();
    if (old == null) {
      send();
    } else if (lot < 0.01) {
      recent.removeFirst();
      sent.deletes(old.seq());
      change(old, "DELETE", null);
    } else {
      int revision = sent.nextEdit(old.seq());
      change(old, "PATCH", new Edit(parts(sent.content(old.seq(), revision))));
    }
  }

  private static List<Part> parts(String content) {
    return List.of(new Part("text/plain", content));
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
  private void send() {
    int seq = sent.next();
    byte[] body =
        JSON.writeValueAsBytes(new NewMessage(sent.clientId(seq), parts(sent.content(seq))));
    HttpResponse<byte[]> answer = untilAnswered("POST", "", body);
    if (answer == null) {
      return;
    }
    int status = answer.statusCode();
    if (status != 201 && status != 200) {
      refused("POST " + sent.clientId(seq), answer);
      return;
    }
    try {
      JsonNode message = JSON.readTree(answer.body());
      Position position =
          Position.parse(answer.headers().firstValue("Stream-Next-Offset").orElse("none"));
      long offset = message.path("offset").asLong(-1);
      if (offset != position.offset()
          || !message.path("clientId").asString("").equals(sent.clientId(seq))) {
        refused("POST " + sent.clientId(seq) + " at " + position, answer);
      }
      sent.acknowledged(seq, position);
      answered++;
      recent.addLast(new Sending(seq, offset));
      if (recent.size() > RECENT) {
        recent.removeFirst();
      }
    } catch (IllegalArgumentException | JacksonException _) {
      refused("POST " + sent.clientId(seq), answer);
    }
  }

  private void change(Sending old, String method, @Nullable Edit edit) {
    byte[] body = edit == null ? new byte[0] : JSON.writeValueAsBytes(edit);
    HttpResponse<byte[]> answer = untilAnswered(method, "/" + old.offset(), body);
    if (answer != null && answer.statusCode() / 100 != 2) {
      refused(method + " " + sent.clientId(old.seq()) + " at " + old.offset(), answer);
    }
  }

  /// After a restored backup: what was sent last may be gone.
  public void forget() {
    recent.clear();
  }

  /// @return null if stopped before
  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
  private @Nullable HttpResponse<byte[]> untilAnswered(String method, String path, byte[] body) {
    while (true) {
      try {
        HttpResponse<byte[]> answer = pages.send(request(method, path, body));
        if (!Pages.worthRetrying(answer.statusCode())) {
          return answer;
        }
        if (answer.statusCode() != 502 && answer.headers().firstValue("Retry-After").isEmpty()) {
          refused(method + " without Retry-After", answer);
        }
      } catch (IOException _) {
        // nobody knows: again
      }
      repeated++;
      if (pauses.stopped()) {
        return null;
      }
      pauses.rest(100 + random.nextInt(400));
    }
  }

  private HttpRequest request(String method, String path, byte[] body) {
    return HttpRequest.newBuilder(messages.base().resolve(messages.path() + path))
        .timeout(TIMEOUT)
        .header("Authorization", "Bearer " + messages.token().get())
        .header("Content-Type", "application/json")
        .method(
            method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
        .build();
  }

  private void refused(String what, HttpResponse<byte[]> answer) {
    String body = new String(answer.body(), StandardCharsets.UTF_8);
    topic.violation(
        Cause.REFUSED,
        "sender " + sent.sender(),
        what + ": " + answer.statusCode() + " " + body.substring(0, Math.min(300, body.length())));
  }

  /// Sends nothing more once what is under way is answered.
  public void stop() {
    pauses.stop();
  }
}
