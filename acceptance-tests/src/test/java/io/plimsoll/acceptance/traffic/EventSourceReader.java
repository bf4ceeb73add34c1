package io.plimsoll.acceptance.traffic;

import io.plimsoll.acceptance.history.Position;
import io.plimsoll.acceptance.history.ReaderTrack;
import io.plimsoll.acceptance.history.Violation.Cause;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A browser's `EventSource` on a topic: one URL for ever, `Last-Event-ID` after that, back after
/// `retry:` milliseconds, for good only when told `reconnect:false`.
public final class EventSourceReader implements Reader {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final byte[] NEXT = "{\"streamNextOffset\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final int POSITION_LENGTH = 29;

  /// Without `retry:` browsers wait a few seconds.
  private static final long DEFAULT_RETRY_MILLIS = 3_000;

  private final TopicUrl url;
  private final Start start;
  private final Habit habit;
  private final ReaderTrack track;
  private final Pages pages;
  private final Pauses pauses = new Pauses();
  private @Nullable String lastEventId;
  private long retryMillis = DEFAULT_RETRY_MILLIS;
  private long idleAt;
  private long readSince;
  private long readBytes;
  private volatile @Nullable AutoCloseable connection;
  private volatile long ephemeral;
  private volatile long connections;
  private volatile long unavailable;

  public EventSourceReader(TopicUrl url, Start start, Habit habit, ReaderTrack track, Pages pages) {
    this.url = url;
    this.start = start;
    this.habit = habit;
    this.track = track;
    this.pages = pages;
  }

  /// Comes back with this position instead of starting.
  public void resumesAt(String position) {
    lastEventId = position;
  }

  /// The same client in a new page: it goes on where this one, which was stopped, stands.
  public EventSourceReader again() {
    EventSourceReader again = new EventSourceReader(url, start, habit, track, pages);
    again.resumesAt(track.at().toString());
    return again;
  }

  @Override
  public ReaderTrack track() {
    return track;
  }

  /// Ephemeral events seen.
  public long ephemeral() {
    return ephemeral;
  }

  /// Answers so far.
  public long connections() {
    return connections;
  }

  /// How often it was told to come back because a service was away.
  public long unavailable() {
    return unavailable;
  }

  @Override
  public void run() {
    while (!pauses.stopped() && track.ended() == null) {
      try {
        once();
      } catch (IOException _) {
        // what EventSource calls a network error: it comes back
      } finally {
        connection = null;
      }
      if (track.ended() == null) {
        pauses.rest(retryMillis);
      }
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
  private void once() throws IOException {
    URI base = url.base();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept", "text/event-stream");
    headers.put("Cache-Control", "no-cache");
    headers.put("Authorization", "Bearer " + url.token().get());
    if (lastEventId != null && !lastEventId.isEmpty()) {
      headers.put("Last-Event-ID", lastEventId);
    }
    String target = url.target("offset=" + start.offset);
    try (HttpStream.Opening opening =
        HttpStream.open(base.getHost(), base.getPort(), target, headers, habit.readAhead())) {
      connection = opening;
      if (pauses.stopped()) {
        return;
      }
      HttpStream answer = opening.answer();
      connections++;
      track.connected();
      String type = answer.header("Content-Type");
      if (answer.status() != 200 || type == null || !type.startsWith("text/event-stream")) {
        gaveUp(answer);
        return;
      }
      follow(answer);
    }
  }

  private void gaveUp(HttpStream answer) throws IOException {
    String body = answer.text();
    track.violation(Cause.GAVE_UP, answer + " " + body.substring(0, Math.min(300, body.length())));
  }

  private void follow(HttpStream answer) throws IOException {
    EventStream events = new EventStream(answer, this::paced);
    boolean sleepy = !habit.awake().isZero();
    idleAt = sleepy ? System.nanoTime() + Pauses.about(habit.awake()).toNanos() : Long.MAX_VALUE;
    readSince = System.nanoTime();
    readBytes = 0;
    while (!pauses.stopped() && events.next()) {
      on(events);
      lastEventId = events.lastEventId() == null ? lastEventId : events.lastEventId();
      if (events.retryMillis() >= 0) {
        retryMillis = events.retryMillis();
      }
      if (track.ended() != null) {
        return;
      }
      if (sleepy && !habit.keepsConnection() && due()) {
        answer.close();
        pauses.dawdle(Pauses.about(habit.idle()));
        return;
      }
    }
    if (events.retryMillis() >= 0) {
      retryMillis = events.retryMillis();
    }
  }

  private boolean due() {
    return System.nanoTime() - idleAt > 0 && idleAt != Long.MAX_VALUE && !pauses.hurrying();
  }

  /// Between two reads of the socket.
  private void paced(int bytes) {
    if (pauses.hurrying()) {
      return;
    }
    if (habit.keepsConnection() && due()) {
      pauses.dawdle(Pauses.about(habit.idle()));
      idleAt = System.nanoTime() + Pauses.about(habit.awake()).toNanos();
    }
    if (habit.bytesPerSecond() > 0) {
      readBytes += bytes;
      long due = readBytes * 1_000_000_000L / habit.bytesPerSecond();
      long early = due - (System.nanoTime() - readSince);
      if (early > 0) {
        pauses.dawdle(Duration.ofNanos(early));
      }
    }
  }

  private void on(EventStream event) {
    switch (event.type()) {
      case "data" -> {
        track.arrived(event.data(), 0, event.dataLength());
        track.told("id of data", event.id());
      }
      case "control" -> {
        track.told("control", next(event));
        if (event.id() != null) {
          track.told("id of control", event.id());
        }
      }
      case "snapshot" -> {
        JsonNode snapshot = json(event);
        track.snapshot(snapshot.path("position").asString(""), snapshot.path("data"));
        track.told("id of snapshot", event.id());
      }
      case "reset" -> reset(event);
      case "end" -> end(json(event));
      case "ephemeral" -> ephemeral(event);
      default -> track.malformed("event: " + event.type() + " " + event.dataText());
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
  private void ephemeral(EventStream event) {
    ephemeral++;
    if (event.id() != null) {
      track.malformed("an ephemeral event with id " + event.id());
    }
  }

  private void reset(EventStream event) {
    Position before = track.at();
    if (event.id() != null) {
      track.malformed("a reset with id " + event.id());
    }
    if (!track.topic().undone(track)) {
      pages.floor(url, pauses).ifPresent(floor -> track.resetAtFloor(before, floor));
    }
    track.reset();
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
  private void end(JsonNode end) {
    String reason = end.path("reason").asString("");
    if (reason.isEmpty() || !end.path("reconnect").isBoolean()) {
      track.malformed("end " + end);
    } else if (!end.path("reconnect").asBoolean() && !reason.equals("token_expired")) {
      track.ended(reason);
    } else if (reason.equals("unavailable")) {
      unavailable++;
    }
  }

  private @Nullable String next(EventStream event) {
    byte[] data = event.data();
    if (event.dataLength() > NEXT.length + POSITION_LENGTH
        && Arrays.equals(data, 0, NEXT.length, NEXT, 0, NEXT.length)) {
      return new String(data, NEXT.length, POSITION_LENGTH, StandardCharsets.US_ASCII);
    }
    return json(event).path("streamNextOffset").asString(null);
  }

  private JsonNode json(EventStream event) {
    try {
      return JSON.readTree(event.data(), 0, event.dataLength());
    } catch (JacksonException e) {
      track.malformed(event.type() + " " + event.dataText());
      return JSON.createObjectNode();
    }
  }

  @Override
  public void hurry() {
    pauses.hurry();
  }

  @Override
  public void stop() {
    pauses.stop();
    AutoCloseable open = connection;
    if (open != null) {
      try {
        open.close();
      } catch (Exception _) {
        // it is closed anyhow
      }
    }
  }
}
