package io.plimsoll.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.acceptance.history.History;
import io.plimsoll.acceptance.history.Position;
import io.plimsoll.acceptance.history.ReaderTrack;
import io.plimsoll.acceptance.history.TopicHistory;
import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.LocalPlatform;
import io.plimsoll.acceptance.traffic.EventSourceReader;
import io.plimsoll.acceptance.traffic.Habit;
import io.plimsoll.acceptance.traffic.PageReader;
import io.plimsoll.acceptance.traffic.Start;
import io.plimsoll.acceptance.traffic.TopicUrl;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;

/// Whatever dies, stalls, forgets or lies: every reader gets the same sequence.
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class FaultsIT {

  private static final Duration SETTLE = Duration.ofMinutes(2);
  private static final List<String> CHATS = List.of("chat", "chat-2");

  // of a service, for Prometheus
  private static final String OPEN_STREAMS = "plimsoll_subscriptions_streams_open";
  private static final String SENDS =
      "http_server_requests_seconds_count{error=\"none\",exception=\"none\",method=\"POST\"";

  private final Scale scale = Scale.ofThisRun();
  private final FaultLog log = new FaultLog(Path.of("target/faults.log"));
  private final History history = new History(log::line);
  private final long began = System.nanoTime();
  private final LocalPlatform platform =
      LocalPlatform.up(
          "faults",
          "load",
          Map.ofEntries(
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_FAULTS_DROP", "0.05"),
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_FAULTS_DUPLICATE", "0.05"),
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_FAULTS_REORDER", "0.1"),
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_FAULTS_DELAY", "0.05"),
              // small enough that slow readers leave the ring for pages
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_FEED_RINGEVENTS", "64"),
              // so that a user's topic has a floor
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_RETENTION_INTERVAL", "1s"),
              Map.entry("PLIMSOLL_SUBSCRIPTIONS_RETENTION_KINDS_USER_MAXEVENTS", "10")));
  private final Workload workload = new Workload(platform, history, log, scale);
  private final Faults faults = new Faults(platform, log, scale, this::soFar);

  /// Before the act that runs.
  private long violationsBefore;

  @BeforeAll
  void start() {
    log.line(
        "seed "
            + scale.seed()
            + "; publishes between the nodes: 5 % dropped, 5 % doubled, 10 % reordered, 5 % delayed");
    workload.makeRooms();
    workload.read();
  }

  @BeforeEach
  void allAreThere() {
    faults.awaitAllReady();
    violationsBefore = history.violations().total();
  }

  private String soFar() {
    return "%d s: %d sends acknowledged, %d deliveries checked, %d violations"
        .formatted(
            Duration.ofNanos(System.nanoTime() - began).toSeconds(),
            workload.answered(),
            history.deliveries(),
            history.violations().total());
  }

  private void expectNoViolations() {
    assertThat(history.violations().total() - violationsBefore)
        .as("violations: %s", history.violations().first())
        .isZero();
  }

  @Test
  @Order(1)
  void everyReaderGetsTheSameSequenceWhateverDies() {
    Workload.pause(Duration.ofSeconds(3));
    faults.run();
    faults.awaitAllReady();
    workload.settle(SETTLE);
    workload.resumeProducers();

    expectNoViolations();
    assertThat(faults.counts()).hasSizeGreaterThan(15);
    assertThat(workload.answered()).isPositive();
  }

  /// A browser that follows from the floor and has come to the head.
  private EventSourceReader atHead(String room, String name, boolean follows) {
    ReaderTrack track = history.topic("room " + room).reader(name, follows);
    EventSourceReader reader =
        workload.start(
            new EventSourceReader(
                workload.events(room, "reader-0"),
                Start.FLOOR,
                Habit.STEADY,
                track,
                workload.pages()));
    Position head = workload.head(room, SETTLE).orElseThrow();
    awaitTrue(name + " at the head", () -> track.at().offset() >= head.offset());
    return reader;
  }

  private static void awaitTrue(String what, BooleanSupplier condition) {
    awaitTrue(() -> what, condition);
  }

  private static void awaitTrue(Supplier<String> what, BooleanSupplier condition) {
    long until = System.nanoTime() + SETTLE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - until).as(what).isNegative();
      Workload.pause(Duration.ofMillis(50));
    }
  }

  @Test
  @Order(2)
  void aRemovedMemberGetsNothingMoreWhileRedisIsPaused() throws IOException {
    String room = "secret";
    List<String> members = List.of("sender-0", "reader-0", "mallory");
    TopicHistory topic = workload.makeRoom(room, true, members);
    var producer = workload.produce(room, "sender-0", 60, Duration.ofMillis(50), scale.seed());
    awaitBothAsked();
    List<EventSourceReader> streams = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      streams.add(workload.browser(room, "mallory", Start.FLOOR, Habit.STEADY, "removed-" + i));
    }
    TopicUrl url = workload.events(room, "mallory");
    var polling =
        workload.start(
            PageReader.polling(url, topic.reader("removed-polling", true), workload.pages()));
    EventSourceReader witness = atHead(room, "witness", true);
    awaitTrue(
        "all streams have events",
        () -> streams.stream().allMatch(stream -> stream.track().delivered() > 0));
    for (String instance : CHATS) {
      awaitTrue("streams on " + instance, () -> sum(instance, OPEN_STREAMS) > 1);
    }

    log.line("fault: member removed while redis is paused");
    Redis.command(platform, "CLIENT PAUSE " + Duration.ofSeconds(60).toMillis() + " ALL");
    try {
      Workload.pause(Duration.ofMillis(500));
      workload
          .api()
          .delete(workload.api().tenantToken(), "/chat/v1/rooms/" + room + "/members/mallory")
          .expect(204);
      long removal = removalOf(room, "mallory");
      log.line("  removed at " + removal);
      Workload.pause(Duration.ofSeconds(4));
      producer.pause();
      List<ReaderTrack> tracks = new ArrayList<>();
      streams.forEach(stream -> tracks.add(stream.track()));
      tracks.add(polling.track());
      awaitTrue(
          "all streams ended", () -> tracks.stream().allMatch(track -> track.ended() != null));
      Position head = workload.head(room, SETTLE).orElseThrow();
      assertThat(head.offset()).as("sent after the removal").isGreaterThan(removal + 5);
      for (ReaderTrack track : tracks) {
        assertThat(track.at().offset()).as(track.name()).isLessThanOrEqualTo(removal);
      }
      assertThat(streams)
          .extracting(stream -> stream.track().ended())
          .containsOnly("access_removed");
      assertThat(streams).extracting(stream -> stream.track().at().offset()).containsOnly(removal);
      workload
          .api()
          .get(
              workload.tokens().of("mallory").get(), "/chat/v1/rooms/" + room + "/events?offset=-1")
          .expect(404);
      awaitTrue("the witness at the head", () -> witness.track().at().equals(head));
    } finally {
      streams.forEach(EventSourceReader::stop); // one that is not told that it is over would ask on
      platform.signal("redis", "KILL"); // the pause would last longer than this act
      faults.awaitAllReady();
    }
    producer.resume();
    expectNoViolations();
  }

  private long removalOf(String room, String user) {
    Api.Answer page =
        workload
            .api()
            .get(
                workload.tokens().of("reader-0").get(),
                "/chat/v1/rooms/" + room + "/events?offset=-1")
            .expect(200);
    for (var event : page.json()) {
      if (event.path("type").asString().equals("member.removed")
          && event.path("data").path("userId").asString("").equals(user)) {
        return Position.parse(event.path("offset").asString()).offset();
      }
    }
    throw new AssertionError("no member.removed in " + page.text());
  }

  /// A gateway passes over an instance that was down for a while after it is back.
  private void awaitBothAsked() {
    for (String instance : CHATS) {
      double before = sum(instance, SENDS);
      awaitTrue(instance + " is asked", () -> sum(instance, SENDS) > before);
    }
  }

  /// @param samples how their lines begin
  private double sum(String instance, String samples) {
    int port = platform.process(instance).internalPort();
    Api.Answer metrics =
        workload
            .api()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                    .build())
            .expect(200);
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith(samples))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  @Order(3)
  void aClientBelowTheFloorIsResetAndGoesOn() {
    String room = "revolving";
    workload.makeRoom(room, false, List.of("sender-0"));
    workload.browser(room, "reader-0", Start.FLOOR, Habit.STEADY, "onlooker");
    TopicHistory topic = history.topic("user carla");
    topic.trims();
    TopicUrl url =
        new TopicUrl(workload.api().url(), "/chat/v1/me/events", workload.tokens().of("carla"));
    move(room, "carla", 2);
    EventSourceReader early =
        workload.start(
            new EventSourceReader(
                url, Start.FLOOR, Habit.STEADY, topic.reader("early", false), workload.pages()));
    awaitTrue("early has events", () -> early.track().delivered() >= 4);
    early.stop();
    log.line("fault: a client away until its position is below the floor");
    move(room, "carla", 15);
    awaitTrue("the floor moved", () -> floor(url) > early.track().at().offset() + 1);

    EventSourceReader late =
        new EventSourceReader(url, Start.FLOOR, Habit.STEADY, early.track(), workload.pages());
    late.resumesAt(early.track().at().toString());
    workload.start(late);
    PageReader paging =
        workload.start(
            PageReader.paging(
                url, topic.reader("paging", true), workload.pages(), Duration.ofMillis(300)));
    awaitTrue("reset", () -> late.track().resets() == 1);
    move(room, "carla", 2);
    Position head = workload.pages().head(url, SETTLE).orElseThrow();
    awaitTrue(
        "both at the head",
        () -> late.track().at().equals(head) && paging.track().at().equals(head));

    expectNoViolations();
  }

  private void move(String room, String user, int times) {
    String token = workload.tokens().of(user).get();
    for (int i = 0; i < times; i++) {
      String member = "/chat/v1/rooms/" + room + "/members/" + user;
      patiently(() -> workload.api().put(token, member, null)).expect(200, 201);
      patiently(() -> workload.api().delete(token, member)).expect(204);
    }
  }

  /// Just after Redis was away a user has no more than a gateway's part of his limit.
  private static Api.Answer patiently(Supplier<Api.Answer> request) {
    Api.Answer answer = request.get();
    while (answer.status() == 429) {
      long seconds = Long.parseLong(answer.header("Retry-After").orElseThrow());
      Workload.pause(Duration.ofSeconds(seconds));
      answer = request.get();
    }
    return answer;
  }

  private long floor(TopicUrl url) {
    Api.Answer page =
        patiently(() -> workload.api().get(url.token().get(), url.path() + "?offset=-1"))
            .expect(200);
    var first = page.json().path(0);
    return first.isMissingNode()
        ? Position.parse(page.header("Stream-Next-Offset").orElseThrow()).offset() + 1
        : Position.parse(first.path("offset").asString()).offset();
  }

  @Test
  @Order(4)
  void exactlyThoseAheadOfARestoredBackupAreReset() throws Exception {
    workload.pauseProducers();
    workload.hurry();
    List<String> rooms = List.copyOf(workload.rooms().keySet());
    awaitHeads(rooms);
    // these stay where the backup is
    List<EventSourceReader> behind = new ArrayList<>();
    for (String room : rooms) {
      if (!room.equals("secret") && !room.equals("revolving")) {
        behind.add(atHead(room, "behind", false));
      }
    }
    behind.forEach(EventSourceReader::stop);
    Map<String, Position> heads = heads(rooms);
    log.line("fault: backup of the database taken");
    Path postgres = platform.data().resolve("postgres/data");
    Path backup = platform.data().resolve("backup");
    platform.stop("postgres");
    copy(postgres, backup);
    platform.start("postgres");
    IdentityHashMap<ReaderTrack, Integer> resets = new IdentityHashMap<>();
    history.readers().forEach(track -> resets.put(track, track.resets()));
    workload.resumeProducers();
    Workload.pause(Duration.ofSeconds(5));
    workload.pauseProducers();
    awaitHeads(rooms);

    log.line("fault: backup restored under open streams");
    platform.stop("postgres");
    delete(postgres);
    copy(backup, postgres);
    rooms.forEach(
        room ->
            history
                .topic("room " + room)
                .restored(Objects.requireNonNull(heads.get(room)).offset()));
    workload.forgetRecent();
    int ahead = rooms.stream().mapToInt(room -> history.topic("room " + room).ahead().size()).sum();
    platform.start("postgres");
    List<EventSourceReader> back = new ArrayList<>();
    for (EventSourceReader reader : behind) {
      back.add(workload.start(reader.again()));
    }
    awaitTrue(
        "every reader ahead was reset",
        () -> rooms.stream().allMatch(room -> history.topic("room " + room).ahead().isEmpty()));
    workload.resumeProducers();
    Workload.pause(Duration.ofSeconds(3));
    workload.settle(SETTLE);

    int reset = 0;
    for (Map.Entry<ReaderTrack, Integer> entry : resets.entrySet()) {
      reset += entry.getKey().resets() - entry.getValue();
    }
    log.line("  " + ahead + " readers were ahead of the backup, " + reset + " resets");
    assertThat(reset).isEqualTo(ahead).isPositive();
    for (EventSourceReader reader : back) {
      ReaderTrack track = reader.track();
      Position head = track.topic().head();
      awaitTrue("who was behind comes to the head", () -> track.at().equals(head));
      assertThat(track.resets()).as("resets of " + track.topic().name()).isZero();
    }
    expectNoViolations();
  }

  private Map<String, Position> heads(List<String> rooms) {
    Map<String, Position> heads = new HashMap<>();
    rooms.forEach(room -> heads.put(room, workload.head(room, SETTLE).orElseThrow()));
    return heads;
  }

  /// Until every reader is at the head.
  private void awaitHeads(List<String> rooms) {
    heads(rooms)
        .forEach(
            (room, head) -> {
              TopicHistory topic = history.topic("room " + room);
              awaitTrue(
                  () -> "behind " + head + " of " + room + ": " + Workload.behind(topic, head),
                  () -> Workload.reached(topic, head));
            });
  }

  private static void copy(Path from, Path to) throws IOException, InterruptedException {
    run("cp", "-a", from.toString(), to.toString());
  }

  private static void delete(Path directory) throws IOException, InterruptedException {
    run("rm", "-rf", directory.toString());
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @AfterAll
  void stop() {
    workload.close();
    Map<String, Integer> counts = faults.counts();
    counts.forEach((fault, count) -> log.line("  " + count + " x " + fault));
    log.line(workload.browsersSaw());
    log.line(
        workload.answered()
            + " sends acknowledged, "
            + workload.repeated()
            + " requests repeated, "
            + history.events()
            + " events");
    log.line(
        "seed %d, %d s, %d faults, %d readers, %d deliveries checked, %d violations %s"
            .formatted(
                scale.seed(),
                Duration.ofNanos(System.nanoTime() - began).toSeconds(),
                counts.values().stream().mapToInt(Integer::intValue).sum(),
                history.readers().size(),
                history.deliveries(),
                history.violations().total(),
                history.violations().counts()));
    platform.close();
  }
}
