package io.plimsoll.gateway.authority;

import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.json.JsonMapper;

/// Auth-service's internal port. An instance that fails is followed by the next; the error of the
/// last one is the answer.
public final class AuthService implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int CONNECTIONS = 16;

  /// One for what has changed, one for usage, and one for each that is being closed.
  private static final int REGULAR = 4;

  /// Who asks when so many already wait is told at once; a flood of lookups must not grow here.
  private static final int WAITING = 512;

  /// A page of what has changed.
  ///
  /// @param next number to ask from next time; without `more` the newest there is
  /// @param mark what to ask with it; null from an auth-service that gives none
  /// @param more whether there is more after this page
  /// @param reset true: the number and mark that were asked with don't belong together, so these
  ///   are the first of all that is alive
  public record Changes(
      long next,
      @Nullable String mark,
      boolean more,
      @Nullable Boolean reset,
      List<Change> changes) {}

  /// One change; which members it has says its kind.
  ///
  /// @param kind `token`, `not-before`, `key` or `tenant`
  /// @param until seconds of the epoch; from then on it need not be known
  public record Change(
      long number,
      String kind,
      @Nullable String token,
      @Nullable String tenant,
      @Nullable String user,
      @Nullable String key,
      @Nullable String keyId,
      @Nullable Long notBefore,
      @Nullable Long until) {}

  private final List<String> instances;
  private final GatewayCredential credential;
  private final JsonMapper json;
  private final ConnectionProvider connections;
  private final HttpClient client;

  /// For what is asked at intervals: look-ups without end must not hold up what is revoked.
  private final ConnectionProvider own;

  private final HttpClient regular;

  AuthService(
      List<URI> instances, GatewayCredential credential, JsonMapper json, LoopResources loops) {
    this.instances =
        instances.stream().map(base -> base.toString().replaceFirst("/$", "")).toList();
    this.credential = credential;
    this.json = json;
    this.connections = connections("auth-internal", CONNECTIONS);
    this.client = client(connections, loops);
    this.own = connections("auth-internal-regular", REGULAR);
    this.regular = client(own, loops);
  }

  private static ConnectionProvider connections(String name, int most) {
    return ConnectionProvider.builder(name)
        .maxConnections(most)
        .pendingAcquireMaxCount(WAITING)
        .pendingAcquireTimeout(TIMEOUT)
        .maxIdleTime(Duration.ofSeconds(20))
        .build();
  }

  private static HttpClient client(ConnectionProvider connections, LoopResources loops) {
    return HttpClient.create(connections)
        .runOn(loops)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1_000)
        .responseTimeout(TIMEOUT);
  }

  /// What is alive and has a greater number.
  ///
  /// @param mark what came with that number; null the first time
  public Mono<Changes> changes(long after, @Nullable String mark, int limit) {
    String marked = mark == null ? "" : "&mark=" + mark;
    return get(regular, "/internal/v1/changes?after=" + after + "&limit=" + limit + marked, null)
        .map(page -> json.readValue(page.orElseThrow(), Changes.class));
  }

  /// Hands in a report of usage. It may reach an instance twice: that counts it once.
  ///
  /// @return the status that it was answered; a failure where none of the instances answered, or
  ///   only that it can't now
  public CompletionStage<@Nullable Integer> usage(String report) {
    return Mono.defer(() -> usage(0, report)).toFuture();
  }

  private Mono<Integer> usage(int instance, String report) {
    Mono<Integer> answer =
        regular
            .headers(
                headers ->
                    headers
                        .set("Authorization", "Bearer " + credential.token())
                        .set("Content-Type", "application/json"))
            .post()
            .uri(instances.get(instance) + "/internal/v1/usage")
            .send(ByteBufFlux.fromString(Mono.just(report)))
            .responseSingle(
                (head, body) ->
                    body.asString(StandardCharsets.UTF_8)
                        .defaultIfEmpty("")
                        .map(_ -> head.status().code()))
            .flatMap(
                status ->
                    status < 500
                        ? Mono.just(status)
                        : Mono.error(new IOException("auth-service answered " + status)));
    return instance + 1 < instances.size()
        ? answer.onErrorResume(_ -> usage(instance + 1, report))
        : answer;
  }

  /// A key as JSON; empty when auth-service says that there is none.
  Mono<Optional<String>> key(String id) {
    return get(client, "/internal/v1/keys/" + id, "unknown-key");
  }

  /// A tenant as JSON; empty when auth-service says that there is none.
  Mono<Optional<String>> tenant(String id) {
    return get(client, "/internal/v1/tenants/" + id, "unknown-tenant");
  }

  /// Asks the first instance that answers.
  ///
  /// @param absent cause of the 404 that says "there is none"; any other 404 is a failure, such as
  ///   that of an address where something else listens
  private Mono<Optional<String>> get(HttpClient by, String path, @Nullable String absent) {
    return Mono.defer(() -> at(0, by, path, absent));
  }

  private Mono<Optional<String>> at(
      int instance, HttpClient by, String path, @Nullable String absent) {
    Mono<Optional<String>> answer =
        by.headers(headers -> headers.set("Authorization", "Bearer " + credential.token()))
            .get()
            .uri(instances.get(instance) + path)
            .responseSingle(
                (head, body) ->
                    body.asString(StandardCharsets.UTF_8)
                        .defaultIfEmpty("")
                        .flatMap(text -> read(head.status().code(), text, path, absent)));
    return instance + 1 < instances.size()
        ? answer.onErrorResume(_ -> at(instance + 1, by, path, absent))
        : answer;
  }

  private static Mono<Optional<String>> read(
      int status, String body, String path, @Nullable String absent) {
    if (status == 200) {
      return Mono.just(Optional.of(body));
    }
    if (status == 404 && absent != null && body.contains(":" + absent + "\"")) {
      return Mono.just(Optional.empty());
    }
    return Mono.error(new IOException("auth-service answered " + status + " to " + path));
  }

  @Override
  public void close() {
    // fails for connections whose loop has ended before
    var _ = connections.disposeLater().subscribe(_ -> {}, _ -> {});
    var _ = own.disposeLater().subscribe(_ -> {}, _ -> {});
  }
}
