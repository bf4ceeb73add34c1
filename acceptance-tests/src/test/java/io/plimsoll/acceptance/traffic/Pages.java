package io.plimsoll.acceptance.traffic;

import io.plimsoll.acceptance.history.Position;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// Plain requests, shared by all who make some.
public final class Pages implements AutoCloseable {

  /// Longer than a long poll waits.
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private static final int RETRY_MILLIS = 250;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  HttpResponse<byte[]> get(TopicUrl url, String query, @Nullable String ifNoneMatch)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url.uri(query))
            .timeout(TIMEOUT)
            .header("Authorization", "Bearer " + url.token().get());
    if (ifNoneMatch != null) {
      request.header("If-None-Match", ifNoneMatch);
    }
    return send(request.build());
  }

  /// Sends a request; interruption counts as failure.
  public HttpResponse<byte[]> send(HttpRequest request) throws IOException {
    try {
      return http.send(request, BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// Statuses after which a client that is no browser comes back.
  static boolean worthRetrying(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
  }

  /// The offset of the oldest event there is, or of the next one if there is none; empty if
  /// stopped.
  OptionalLong floor(TopicUrl url, Pauses pauses) {
    while (!pauses.stopped()) {
      try {
        HttpResponse<byte[]> page = get(url, "offset=-1", null);
        if (page.statusCode() == 200) {
          String body =
              new String(page.body(), 0, Math.min(64, page.body().length), StandardCharsets.UTF_8);
          if (body.startsWith("[{\"offset\":\"")) {
            return OptionalLong.of(Position.parse(body.substring(12, 41)).offset());
          }
          String next = page.headers().firstValue("Stream-Next-Offset").orElseThrow();
          return OptionalLong.of(Position.parse(next).offset() + 1);
        }
      } catch (IOException _) {
        // again
      }
      pauses.rest(RETRY_MILLIS);
    }
    return OptionalLong.empty();
  }

  /// The topic's head; empty if it is not told within the time.
  public Optional<Position> head(TopicUrl url, Duration within) {
    long until = System.nanoTime() + within.toNanos();
    Pauses pauses = new Pauses();
    do {
      try {
        HttpResponse<byte[]> head =
            send(
                HttpRequest.newBuilder(url.uri(""))
                    .HEAD()
                    .timeout(Duration.ofSeconds(10))
                    .header("Authorization", "Bearer " + url.token().get())
                    .build());
        if (head.statusCode() == 200) {
          return head.headers().firstValue("Stream-Next-Offset").map(Position::parse);
        }
      } catch (IOException _) {
        // again
      }
      pauses.rest(RETRY_MILLIS);
    } while (System.nanoTime() - until < 0);
    return Optional.empty();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
