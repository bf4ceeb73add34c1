package io.plimsoll.ratelimit.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// By the JDK's client, over HTTP/1.1. Of several instances one is asked until a call to it comes
/// to nothing; the next call goes to the next one.
public final class HttpTransport implements Transport, AutoCloseable {

  private final HttpClient http;
  private final List<URI> services;
  private final AtomicInteger current = new AtomicInteger();
  private final Supplier<String> token;
  private final Duration timeout;

  /// To one instance, or to what stands before several.
  public HttpTransport(URI service, Supplier<String> token, Duration timeout) {
    this(List.of(service), token, timeout);
  }

  /// To several instances.
  ///
  /// @param services ratelimit-service's internal ports: `http://127.0.0.1:8094`
  /// @param token an internal token for `ratelimit` with `sub: gateway`; asked for each call
  /// @param timeout of one call, connecting included
  public HttpTransport(List<URI> services, Supplier<String> token, Duration timeout) {
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .build();
    this.services = List.copyOf(services);
    this.token = token;
    this.timeout = timeout;
  }

  @Override
  public CompletionStage<Answer> exchange(
      String path, @Nullable String body, @Nullable String tag) {
    int instance = current.get();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(services.get(instance).resolve(path))
            .timeout(timeout)
            .header("Authorization", "Bearer " + token.get());
    if (body != null) {
      request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
    }
    if (tag != null) {
      request.header("If-None-Match", tag);
    }
    return http.sendAsync(request.build(), BodyHandlers.ofString())
        .thenApply(
            response ->
                new Answer(
                    response.statusCode(),
                    response.body(),
                    response.headers().firstValue("ETag").orElse(null)))
        .whenComplete(
            (answer, _) -> {
              if (answer == null || !answer.isOfUse()) {
                current.compareAndSet(instance, (instance + 1) % services.size());
              }
            });
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
