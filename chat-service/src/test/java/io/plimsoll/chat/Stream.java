package io.plimsoll.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// An open event stream, read in the background.
final class Stream implements AutoCloseable {

  /// @param event its name
  /// @param data its payload
  record Frame(String event, JsonNode data) {}

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final InputStream body;
  private final int status;
  private final List<Frame> frames = new CopyOnWriteArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile @Nullable Throwable broken;

  Stream(HttpResponse<InputStream> response) {
    body = response.body();
    status = response.statusCode();
    var _ = Thread.ofVirtual().start(this::read);
  }

  int status() {
    return status;
  }

  private static void check(Frame frame) {
    switch (frame.event()) {
      case "data" -> frame.data().forEach(event -> Client.DOCUMENT.check("Event", event));
      case "ephemeral" -> Client.DOCUMENT.check("EphemeralEvent", frame.data());
      case "snapshot" -> Client.DOCUMENT.check("Snapshot", frame.data());
      case "end" -> Client.DOCUMENT.check("End", frame.data());
      default -> assertThat(frame.event()).isIn("control", "reset");
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      String event = "message";
      StringBuilder data = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          if (!data.isEmpty()) {
            Frame frame = new Frame(event, Client.JSON.readTree(data.toString()));
            check(frame);
            frames.add(frame);
          }
          event = "message";
          data.setLength(0);
        } else if (line.startsWith("event:")) {
          event = line.substring(6).strip();
        } else if (line.startsWith("data:")) {
          data.append(line.substring(5));
        }
      }
    } catch (IOException _) {
      // closed
    } catch (AssertionError | RuntimeException e) {
      broken = e;
    } finally {
      over.countDown();
    }
  }

  /// All stored events so far.
  List<JsonNode> events() {
    List<JsonNode> events = new ArrayList<>();
    frames.stream()
        .filter(frame -> frame.event().equals("data"))
        .forEach(frame -> frame.data().forEach(events::add));
    return events;
  }

  /// All frames so far, as text.
  String text() {
    return frames.toString();
  }

  /// Types of all stored events so far.
  List<String> types() {
    return events().stream().map(event -> event.path("type").asString()).toList();
  }

  List<JsonNode> ephemeral(String type) {
    return frames.stream()
        .filter(frame -> frame.event().equals("ephemeral"))
        .map(Frame::data)
        .filter(event -> event.path("type").asString().equals(type))
        .map(event -> event.path("data"))
        .toList();
  }

  List<Frame> frames(String event) {
    return frames.stream().filter(frame -> frame.event().equals(event)).toList();
  }

  /// Waits until the stream has followed up to the topic's head once.
  Stream upToDate() {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                frames("control").stream()
                    .anyMatch(frame -> frame.data().path("upToDate").asBoolean(false)));
    return this;
  }

  /// Waits for a stored event.
  JsonNode awaitEvent(String type, Predicate<JsonNode> data) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                events().stream()
                    .filter(event -> event.path("type").asString().equals(type))
                    .map(event -> event.path("data"))
                    .filter(data)
                    .findFirst(),
            java.util.Optional::isPresent)
        .orElseThrow();
  }

  JsonNode awaitEvent(String type) {
    return awaitEvent(type, _ -> true);
  }

  JsonNode awaitEphemeral(String type, Predicate<JsonNode> data) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> ephemeral(type).stream().filter(data).findFirst(), java.util.Optional::isPresent)
        .orElseThrow();
  }

  /// Waits for the stream's end and answers the reason it gave.
  String awaitEnd() {
    try {
      assertThat(over.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ended").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    List<Frame> ends = frames("end");
    return ends.isEmpty() ? "" : ends.getFirst().data().path("reason").asString();
  }

  boolean isOver() {
    return over.getCount() == 0;
  }

  @Override
  public void close() {
    assertThat(broken).as("a frame that is not as documented").isNull();
    try {
      body.close();
    } catch (IOException _) {
      // as intended
    }
  }
}
