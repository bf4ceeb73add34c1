package io.plimsoll.acceptance.faults;

import io.plimsoll.acceptance.history.History;
import io.plimsoll.acceptance.history.Position;
import io.plimsoll.acceptance.history.ReaderTrack;
import io.plimsoll.acceptance.history.TopicHistory;
import io.plimsoll.acceptance.history.Violation.Cause;
import io.plimsoll.acceptance.platform.Api;
import io.plimsoll.acceptance.platform.LocalPlatform;
import io.plimsoll.acceptance.platform.Tokens;
import io.plimsoll.acceptance.traffic.EventSourceReader;
import io.plimsoll.acceptance.traffic.Habit;
import io.plimsoll.acceptance.traffic.PageReader;
import io.plimsoll.acceptance.traffic.Pages;
import io.plimsoll.acceptance.traffic.Producer;
import io.plimsoll.acceptance.traffic.Reader;
import io.plimsoll.acceptance.traffic.Start;
import io.plimsoll.acceptance.traffic.TopicUrl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// Rooms, public and private, their producers and their readers of all kinds.
final class Workload implements AutoCloseable {

  private static final int READING_USERS = 6;
  private static final int PRODUCERS = 2;
  private static final int SMALL = 60;
  private static final int LARGE = 4_000;

  private final Api api;
  private final Tokens tokens;
  private final History history;
  private final FaultLog log;
  private final Scale scale;
  private final Pages pages = new Pages();
  private final Map<String, TopicHistory> rooms = new LinkedHashMap<>();
  private final List<Producer> producers = new ArrayList<>();
  private final List<Reader> readers = new CopyOnWriteArrayList<>();
  private final List<Thread> producing = new ArrayList<>();
  private final List<Thread> reading = new CopyOnWriteArrayList<>();

  Workload(LocalPlatform platform, History history, FaultLog log, Scale scale) {
    api = Api.of(platform);
    tokens = new Tokens(api);
    this.history = history;
    this.log = log;
    this.scale = scale;
  }

  Api api() {
    return api;
  }

  Pages pages() {
    return pages;
  }

  Tokens tokens() {
    return tokens;
  }

  /// Makes a room of which these are members.
  TopicHistory makeRoom(String id, boolean isPrivate, List<String> members) {
    api.post(
            api.tenantToken(),
            "/chat/v1/rooms",
            Map.of("id", id, "name", id, "private", isPrivate, "memberIds", members))
        .expect(201);
    TopicHistory topic = history.topic("room " + id);
    rooms.put(id, topic);
    return topic;
  }

  /// Makes the rooms; every second one is private, and the last one has long messages.
  void makeRooms() {
    for (int room = 0; room < scale.rooms(); room++) {
      String id = "room-" + room;
      List<String> members = new ArrayList<>();
      for (int i = 0; i < PRODUCERS; i++) {
        members.add("sender-" + i);
      }
      for (int i = 0; i < READING_USERS; i++) {
        members.add("reader-" + i);
      }
      makeRoom(id, room % 2 == 1, members);
      int bytes = room == scale.rooms() - 1 ? LARGE : SMALL;
      for (int i = 0; i < PRODUCERS; i++) {
        produce(id, "sender-" + i, bytes, scale.interval(), scale.seed() + 100L * room + i);
      }
    }
  }

  Producer produce(String room, String user, int bytes, Duration interval, long seed) {
    TopicHistory topic = history.topic("room " + room);
    TopicUrl messages =
        new TopicUrl(api.url(), "/chat/v1/rooms/" + room + "/messages", tokens.of(user));
    Producer producer =
        new Producer(messages, topic, topic.sender(user, bytes), pages, interval, seed);
    producers.add(producer);
    producing.add(Thread.ofVirtual().name("producer " + user).start(producer));
    return producer;
  }

  TopicUrl events(String room, String user) {
    return new TopicUrl(api.url(), "/chat/v1/rooms/" + room + "/events", tokens.of(user));
  }

  /// The usual readers of every room.
  void read() {
    for (String room : List.copyOf(rooms.keySet())) {
      for (int i = 0; i < scale.browsers(); i++) {
        Start start = i % 3 == 0 ? Start.FLOOR : i % 3 == 1 ? Start.NOW : Start.SNAPSHOT;
        browser(room, start, Habit.STEADY, "browser-" + i);
      }
      for (int i = 0; i < 2; i++) {
        browser(room, Start.FLOOR, Habit.slow(2_000 + 4_000 * i), "slow-" + i);
        browser(
            room,
            Start.FLOOR,
            Habit.away(Duration.ofSeconds(5), scale.freeze().multipliedBy(3)),
            "away-" + i);
        browser(
            room,
            Start.SNAPSHOT,
            Habit.asleep(Duration.ofSeconds(5), scale.freeze().multipliedBy(3)),
            "asleep-" + i);
        browser(
            room,
            Start.NOW,
            Habit.away(Duration.ofSeconds(3), Duration.ofMillis(200)),
            "hasty-" + i);
        TopicUrl url = events(room, "reader-" + i);
        TopicHistory topic = history.topic("room " + room);
        start(PageReader.polling(url, topic.reader("polling-" + i, true), pages));
        start(
            PageReader.paging(
                url, topic.reader("paging-" + i, true), pages, Duration.ofMillis(900)));
      }
    }
  }

  EventSourceReader browser(String room, Start start, Habit habit, String name) {
    int user = Math.floorMod(name.hashCode(), READING_USERS);
    return browser(room, "reader-" + user, start, habit, name);
  }

  EventSourceReader browser(String room, String user, Start start, Habit habit, String name) {
    ReaderTrack track = history.topic("room " + room).reader(name, true);
    return start(new EventSourceReader(events(room, user), start, habit, track, pages));
  }

  <R extends Reader> R start(R reader) {
    readers.add(reader);
    reading.add(Thread.ofVirtual().name(reader.track().name()).start(reader));
    return reader;
  }

  /// Every send that is under way answered, and no more sent.
  void pauseProducers() {
    producers.forEach(Producer::pause);
  }

  void resumeProducers() {
    producers.forEach(Producer::resume);
  }

  void forgetRecent() {
    producers.forEach(Producer::forget);
  }

  long answered() {
    return producers.stream().mapToLong(Producer::answered).sum();
  }

  long repeated() {
    return producers.stream().mapToLong(Producer::repeated).sum();
  }

  /// Of all browsers.
  String browsersSaw() {
    long connections = 0;
    long unavailable = 0;
    long ephemeral = 0;
    for (Reader reader : readers) {
      if (reader instanceof EventSourceReader browser) {
        connections += browser.connections();
        unavailable += browser.unavailable();
        ephemeral += browser.ephemeral();
      }
    }
    return connections
        + " connections, "
        + unavailable
        + " times told to come back, "
        + ephemeral
        + " ephemeral events";
  }

  Map<String, TopicHistory> rooms() {
    return rooms;
  }

  Optional<Position> head(String room, Duration within) {
    return pages.head(events(room, "reader-0"), within);
  }

  /// From now on no reader sleeps or dawdles.
  void hurry() {
    readers.forEach(Reader::hurry);
  }

  /// The faults are over: all is answered, and every reader has this long to reach the heads.
  void settle(Duration within) {
    pauseProducers();
    hurry();
    long until = System.nanoTime() + within.toNanos();
    rooms.forEach(
        (room, topic) -> {
          Optional<Position> head = head(room, within);
          if (head.isEmpty()) {
            topic.violation(Cause.UNREACHED, "settling", "the head was not told within " + within);
            topic.settle(topic.known());
            return;
          }
          while (System.nanoTime() - until < 0 && !reached(topic, head.get())) {
            pause(Duration.ofMillis(100));
          }
          topic.settle(head.get());
          log.line(
              topic.name()
                  + ": head "
                  + head.get()
                  + ", readers "
                  + topic.readers().size()
                  + ", deliveries "
                  + topic.deliveries()
                  + ", unanswered sends "
                  + topic.unanswered());
        });
  }

  static boolean reached(TopicHistory topic, Position head) {
    return behind(topic, head).isEmpty();
  }

  /// Readers that are to reach the head and have not.
  static List<String> behind(TopicHistory topic, Position head) {
    return topic.readers().stream()
        .filter(reader -> reader.follows() && reader.ended() == null && !reader.at().equals(head))
        .map(reader -> reader.name() + " at " + reader.at())
        .toList();
  }

  static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    readers.forEach(Reader::stop);
    producers.forEach(Producer::stop);
    producers.forEach(Producer::resume);
    reading.forEach(Thread::interrupt);
    producing.forEach(Thread::interrupt);
    pages.close();
    api.close();
  }
}
