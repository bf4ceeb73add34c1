package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import io.plimsoll.subscriptions.stream.OpenStreams;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.data.redis.core.StringRedisTemplate;

/// Whoever loses access gets nothing that comes after, on any node, however Redis fares.
class AccessIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static TestServer redis;
  private static TestChat chat;

  @BeforeAll
  static void start() {
    redis = TestBackends.privateRedis();
    chat = TestChat.start(2, redis, "plimsoll.subscriptions.stream.long-poll=5s");
  }

  @AfterAll
  static void stop() {
    chat.close();
    redis.close();
  }

  /// What has become of Redis when access is taken away.
  enum Wire {
    WORKS {
      @Override
      void begin() {}

      @Override
      void end() {}
    },
    /// Connections stay open and nothing is answered.
    PAUSED {
      @Override
      void begin() {
        tell("CLIENT PAUSE 60000 ALL");
      }

      @Override
      void end() {
        redis.stop();
        redis.start();
      }
    },
    STOPPED {
      @Override
      void begin() {
        redis.stop();
      }

      @Override
      void end() {
        redis.start();
      }
    };

    abstract void begin();

    abstract void end();

    private static void tell(String command) {
      try (Socket socket = new Socket(redis.host(), redis.port())) {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("+OK\r\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Wire wire = Wire.WORKS;

  private void wire(Wire wire) {
    wire.begin();
    this.wire = wire;
  }

  @AfterEach
  void repair() {
    wire.end();
    if (wire != Wire.WORKS) {
      StringRedisTemplate template = chat.context(0).getBean(StringRedisTemplate.class);
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> !Boolean.TRUE.equals(template.hasKey("nothing")));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRemovedMemberOfAPrivateRoomGetsNothingMore(Wire wire) {
    String room = room(chat.user("access", "anna"), true, "ben");
    losesAccess(
        wire,
        room,
        "ben",
        "member.removed",
        anna -> anna.delete(rooms(room) + "/members/ben").is(204));
  }

  @ParameterizedTest
  @EnumSource
  void aGuestOfARoomThatIsMadePrivateGetsNothingMore(Wire wire) {
    String room = room(chat.user("access", "anna"), false);
    losesAccess(
        wire,
        room,
        "guest",
        "room.updated",
        anna -> anna.patch(rooms(room), "{\"private\":true}").is(200));
  }

  private void losesAccess(Wire broken, String room, String who, String by, Consumer<Client> take) {
    Client anna = chat.user("access", "anna");
    send(anna, room, "before");
    String head = anna.send("HEAD", rooms(room) + "/events", null).header("Stream-Next-Offset");
    List<Stream> streams = new ArrayList<>();
    List<Stream> annas = new ArrayList<>();
    try {
      for (int node = 0; node < 2; node++) {
        streams.add(
            chat.user(node, "access", who).stream(rooms(room) + "/events?offset=now&live=sse")
                .upToDate());
        annas.add(
            chat.user(node, "access", "anna").stream(rooms(room) + "/events?offset=now&live=sse")
                .upToDate());
      }
      wire(broken);
      take.accept(anna);
      for (int i = 0; i < 5; i++) {
        send(anna, room, "not for you " + i);
      }
      for (Stream stream : streams) {
        assertThat(stream.awaitEnd()).isEqualTo("access_removed");
        assertThat(stream.types()).containsExactly(by);
      }
      for (Stream stream : annas) {
        stream.awaitEvent("message.created", it -> it.toString().contains("not for you 4"));
        assertThat(stream.isOver()).isFalse();
      }
      for (int node = 0; node < 2; node++) {
        Client gone = chat.user(node, "access", who);
        for (String query :
            new String[] {
              "?offset=-1", "?offset=snapshot", "?offset=" + head, "?live=long-poll&offset=" + head
            }) {
          Answer answer = gone.get(rooms(room) + "/events" + query).problem(404, "unknown-room");
          assertThat(answer.text()).doesNotContain("not for you");
        }
        try (Stream late = gone.stream(rooms(room) + "/events?live=sse&offset=" + head)) {
          assertThat(late.status()).isEqualTo(404);
        }
        gone.get(rooms(room) + "/messages").problem(404, "unknown-room");
      }
    } finally {
      streams.forEach(Stream::close);
      annas.forEach(Stream::close);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDeletedRoomEndsEveryStream(Wire broken) throws Exception {
    Client anna = chat.user("access", "anna");
    String room = room(anna, false, "ben");
    List<Stream> streams = new ArrayList<>();
    try (ExecutorService polls = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int node = 0; node < 2; node++) {
        for (String who : new String[] {"anna", "ben", "guest"}) {
          streams.add(
              chat.user(node, "access", who).stream(rooms(room) + "/events?offset=now&live=sse")
                  .upToDate());
        }
      }
      Client there = chat.user(1, "access", "ben");
      String head = anna.send("HEAD", rooms(room) + "/events", null).header("Stream-Next-Offset");
      String poll = rooms(room) + "/events?live=long-poll&offset=" + head;
      Future<Answer> polled = polls.submit(() -> there.get(poll));
      OpenStreams open = chat.context(1).getBean(OpenStreams.class);
      Awaitility.await().atMost(PATIENCE).until(() -> open.open() == 4);
      wire(broken);
      anna.delete(rooms(room)).is(204);
      anna.post("/chat/v1/rooms", "{\"id\":\"%s\",\"name\":\"Another\"}".formatted(room)).is(201);
      send(anna, room, "of another room");
      for (Stream stream : streams) {
        assertThat(stream.awaitEnd()).isEqualTo("deleted");
        assertThat(stream.types()).containsExactly("room.deleted");
      }
      assertThat(polled.get().is(200).json().path(0).path("type").asString())
          .isEqualTo("room.deleted");
      there.get(poll).problem(410, "position-lost");
    } finally {
      streams.forEach(Stream::close);
    }
  }

  /// A member's and a guest's of public rooms, a member's of a private one, and their own.
  @ParameterizedTest
  @EnumSource
  void aDeletedUserHasNoStreamAnyMore(Wire broken) throws Exception {
    Client anna = chat.user("access", "anna");
    String who = "gone-" + broken;
    String open = room(anna, false, who);
    String closed = room(anna, true, who);
    String guests = room(anna, false);
    List<Stream> streams = new ArrayList<>();
    List<Stream> annas = new ArrayList<>();
    try (ExecutorService polls = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int node = 0; node < 2; node++) {
        Client gone = chat.user(node, "access", who);
        for (String path :
            new String[] {rooms(open), rooms(closed), rooms(guests), "/chat/v1/me"}) {
          streams.add(gone.stream(path + "/events?offset=now&live=sse").upToDate());
        }
        annas.add(
            chat.user(node, "access", "anna").stream(rooms(guests) + "/events?offset=now&live=sse")
                .upToDate());
      }
      Client there = chat.user(1, "access", who);
      String head = anna.send("HEAD", rooms(guests) + "/events", null).header("Stream-Next-Offset");
      Future<Answer> poll =
          polls.submit(() -> there.get(rooms(guests) + "/events?live=long-poll&offset=" + head));
      wire(broken);
      chat.tenant("access").delete("/chat/v1/users/" + who).is(204);
      for (Stream stream : streams) {
        assertThat(stream.awaitEnd()).isIn("access_removed", "deleted");
        assertThat(stream.frames("end").getFirst().data().path("reconnect").asBoolean()).isFalse();
      }
      for (int i = 0; i < 8; i += 4) {
        assertThat(streams.get(i).types()).containsExactly("member.removed");
        assertThat(streams.get(i).awaitEnd()).isEqualTo("access_removed");
        assertThat(streams.get(i + 1).types()).containsExactly("member.removed");
        assertThat(streams.get(i + 2).types()).isEmpty();
        assertThat(streams.get(i + 2).awaitEnd()).isEqualTo("access_removed");
      }
      poll.get().problem(404, "not-found");
      send(anna, guests, "not for who is gone");
      for (Stream stream : annas) {
        stream.awaitEvent("message.created");
        assertThat(stream.isOver()).isFalse();
      }
      for (String room : new String[] {open, guests}) {
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> !anna.get(rooms(room) + "/presence").text().contains(who));
      }
      anna.get("/chat/v1/users/" + who).problem(404, "unknown-user");
    } finally {
      streams.forEach(Stream::close);
      annas.forEach(Stream::close);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMemberWhoIsAddedAgainReadsOn(Wire broken) {
    Client anna = chat.user("access", "anna");
    String room = room(anna, true, "ben");
    String start = anna.send("HEAD", rooms(room) + "/events", null).header("Stream-Next-Offset");
    anna.delete(rooms(room) + "/members/ben").is(204);
    send(anna, room, "while away");
    anna.put(rooms(room) + "/members/ben").is(201);
    wire(broken);
    try (Stream back =
        chat.user(1, "access", "ben").stream(rooms(room) + "/events?live=sse&offset=" + start)) {
      send(anna, room, "back again");
      back.awaitEvent("message.created", it -> it.toString().contains("back again"));
      assertThat(back.types())
          .containsExactly("member.removed", "message.created", "member.added", "message.created");
      assertThat(back.isOver()).isFalse();
    }
  }
}
