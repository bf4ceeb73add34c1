package io.plimsoll.acceptance.traffic;

import io.plimsoll.acceptance.history.ReaderTrack;
import io.plimsoll.acceptance.history.Violation.Cause;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Follows a topic by catch-up pages or by long polls, from `Stream-Next-Offset` to
/// `Stream-Next-Offset`.
public final class PageReader implements Reader {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TopicUrl url;
  private final ReaderTrack track;
  private final Pages pages;
  private final @Nullable Duration interval;
  private final Pauses pauses = new Pauses();
  private String offset = "-1";
  private @Nullable String cursor;
  private @Nullable String etag;

  private PageReader(TopicUrl url, ReaderTrack track, Pages pages, @Nullable Duration interval) {
    this.url = url;
    this.track = track;
    this.pages = pages;
    this.interval = interval;
  }

  /// Asks for what is new at about this interval.
  public static PageReader paging(TopicUrl url, ReaderTrack track, Pages pages, Duration interval) {
    return new PageReader(url, track, pages, interval);
  }

  /// Waits for what is new.
  public static PageReader polling(TopicUrl url, ReaderTrack track, Pages pages) {
    return new PageReader(url, track, pages, null);
  }

  @Override
  public ReaderTrack track() {
    return track;
  }

  @Override
  public void run() {
    while (!pauses.stopped() && track.ended() == null) {
      try {
        once();
      } catch (IOException _) {
        pauses.rest(500);
      }
    }
  }

  private void once() throws IOException {
    long acknowledged = track.topic().acknowledgedHead();
    HttpResponse<byte[]> answer = pages.get(url, query(), interval == null ? null : etag);
    switch (answer.statusCode()) {
      case 200 -> page(answer, acknowledged);
      case 204 -> {
        if (interval != null) {
          refused(answer);
        }
        cursor = header(answer, "Stream-Cursor");
      }
      case 304 -> upToDate(acknowledged);
      case 410 -> lost();
      case 404 -> track.ended("not-found");
      default -> {
        if (!Pages.worthRetrying(answer.statusCode())) {
          refused(answer);
        } else if (header(answer, "Retry-After") == null) {
          track.malformed(answer.statusCode() + " without Retry-After");
        }
        pauses.rest(1_000);
      }
    }
  }

  private String query() {
    if (interval != null) {
      return "offset=" + offset;
    }
    return "offset=" + offset + "&live=long-poll" + (cursor == null ? "" : "&cursor=" + cursor);
  }

  private void page(HttpResponse<byte[]> answer, long acknowledged) {
    int count = track.arrived(answer.body(), 0, answer.body().length);
    String next = header(answer, "Stream-Next-Offset");
    track.told("Stream-Next-Offset", next);
    offset = next == null ? offset : next;
    cursor = header(answer, "Stream-Cursor");
    // only of a page that is asked for again at the same place
    etag = count == 0 ? header(answer, "ETag") : null;
    if (header(answer, "Stream-Up-To-Date") != null) {
      upToDate(acknowledged);
    } else if (interval != null && count == 0) {
      track.malformed("an empty page that does not say up to date");
    }
  }

  private void upToDate(long acknowledged) {
    if (interval != null) {
      track.upToDate(acknowledged);
      pauses.dawdle(Pauses.about(interval));
      if (pauses.hurrying()) {
        pauses.rest(200);
      }
    }
  }

  private void lost() throws IOException {
    if (!track.topic().undone(track)) {
      var before = track.at();
      pages.floor(url, pauses).ifPresent(floor -> track.resetAtFloor(before, floor));
    }
    HttpResponse<byte[]> answer = pages.get(url, "offset=snapshot", null);
    if (answer.statusCode() != 200) {
      pauses.rest(1_000);
      return; // the position is lost the next time as well
    }
    track.reset();
    try {
      JsonNode snapshot = JSON.readTree(answer.body());
      track.snapshot(snapshot.path("position").asString(""), snapshot.path("data"));
    } catch (JacksonException _) {
      refused(answer);
    }
    offset = track.at().toString();
    etag = null;
    cursor = null;
  }

  private void refused(HttpResponse<byte[]> answer) {
    String body = new String(answer.body(), StandardCharsets.UTF_8);
    track.violation(
        Cause.REFUSED,
        answer.statusCode()
            + " to "
            + query()
            + ": "
            + body.substring(0, Math.min(300, body.length())));
  }

  private static @Nullable String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse(null);
  }

  @Override
  public void hurry() {
    pauses.hurry();
  }

  @Override
  public void stop() {
    pauses.stop();
  }
}
