package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.edit;
import static io.plimsoll.chat.Scene.ids;
import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.room;
import static io.plimsoll.chat.Scene.rooms;
import static io.plimsoll.chat.Scene.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.subscriptions.TestBackends;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A message is sent once, however often, wherever and at the same time as it is tried.
class SendingIT {

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat = TestChat.start(2, TestBackends.redis());
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @Test
  void aRetryIsAnsweredWithTheMessageAsItIsNow() {
    Client anna = chat.user(0, "retries", "anna");
    Client elsewhere = chat.user(1, "retries", "anna");
    String id = room(anna, false, "ben");
    String path = rooms(id) + "/messages";
    Answer sent = anna.post(path, message("c1", "first")).is(201);
    assertThat(sent.header("Location")).isEqualTo(path + "/" + sent.json().path("offset").asLong());
    assertThat(elsewhere.post(path, message("c1", "first")).is(200).json()).isEqualTo(sent.json());
    elsewhere.post(path, message("c1", "other")).problem(409, "message-conflict");
    chat.user("retries", "ben").post(path, message("c1", "other")).is(201);
    String one = path + "/" + sent.json().path("offset").asLong();
    JsonNode edited =
        anna.patch(one, "{\"parts\":[{\"type\":\"text/plain\",\"content\":\"new\"}]}").json();
    Answer retried = elsewhere.post(path, message("c1", "first")).is(200);
    assertThat(retried.json()).isEqualTo(edited);
    assertThat(retried.header("Stream-Next-Offset")).isEqualTo(sent.header("Stream-Next-Offset"));
    anna.delete(one).is(204);
    assertThat(elsewhere.post(path, message("c1", "first")).is(200).json().has("deletedAt"))
        .isTrue();
    anna.post(path, message("c1", "other")).problem(409, "message-conflict");
  }

  @Test
  void concurrentRetriesOnTwoNodesSendOnce() throws Exception {
    String id = room(chat.user("storm", "anna"), false);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 5; round++) {
        String body = message("c" + round, "x");
        List<Callable<Answer>> tries = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          Client anna = chat.user(i % 2, "storm", "anna");
          tries.add(() -> anna.post(rooms(id) + "/messages", body));
        }
        List<Answer> answers = new ArrayList<>();
        for (Future<Answer> each : threads.invokeAll(tries)) {
          answers.add(each.get());
        }
        assertThat(answers.stream().filter(each -> each.status() == 201)).hasSize(1);
        assertThat(answers.stream().filter(each -> each.status() == 200)).hasSize(7);
        assertThat(answers.stream().map(Answer::json).distinct()).hasSize(1);
      }
    }
    JsonNode events =
        chat.user("storm", "anna").get(rooms(id) + "/events?offset=-1").is(200).json();
    assertThat(events.size()).isEqualTo(6); // her joining and five messages
  }

  /// Sends of anna's on both nodes that have all begun before the first of them can commit.
  private static List<Answer> atOnce(String tenant, String room, List<String> bodies)
      throws Exception {
    List<Answer> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> tries = new ArrayList<>();
      try (Blocker blocker =
          new Blocker(
              chat.database(),
              "select 1 from ps_topic where kind = 'room' and key like ? for update",
              tenant + "/" + room + "/%")) {
        for (int i = 0; i < bodies.size(); i++) {
          Client anna = chat.user(i % 2, tenant, "anna");
          String body = bodies.get(i);
          tries.add(threads.submit(() -> anna.post(rooms(room) + "/messages", body)));
        }
        blocker.awaitSomebody();
      }
      for (Future<Answer> each : tries) {
        answers.add(each.get());
      }
    }
    return answers;
  }

  @Test
  void aRetryOfASendThatIsUnderWayWaitsForItsAnswer() throws Exception {
    String id = room(chat.user("underway", "anna"), false);
    List<Answer> answers =
        atOnce("underway", id, List.of(message("c", "x"), message("c", "x"), message("c", "x")));
    assertThat(answers).extracting(Answer::status).containsExactlyInAnyOrder(201, 200, 200);
    assertThat(answers.stream().map(Answer::json).distinct()).hasSize(1);
    assertThat(answers.stream().map(each -> each.header("Stream-Next-Offset")).distinct())
        .hasSize(1);
    // a rollback leaves no hole: the next message has the next offset
    assertThat(Scene.send(chat.user("underway", "anna"), id, "y"))
        .isEqualTo(answers.getFirst().json().path("offset").asLong() + 1);
  }

  /// The retry holds the topic when it meets the message, which the other has locked and is about
  /// to change.
  @Test
  void aRetryAndAChangeOfTheSameMessageDoNotWaitForEachOther() throws Exception {
    Client anna = chat.user("cycle", "anna");
    String id = room(anna, false);
    String path = rooms(id) + "/messages";
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (boolean deletes : new boolean[] {false, true}) {
        String body = message("c" + deletes, "x");
        String one = path + "/" + anna.post(path, body).is(201).json().path("offset").asLong();
        Future<Answer> retry;
        Future<Answer> change;
        try (Blocker blocker =
            new Blocker(
                chat.database(),
                "select 1 from ps_topic where kind = 'room' and key like ? for update",
                "cycle/" + id + "/%")) {
          retry = threads.submit(() -> anna.post(path, body));
          blocker.await(1);
          change = threads.submit(() -> deletes ? anna.delete(one) : anna.patch(one, edit("new")));
          blocker.await(2);
        }
        change.get().is(deletes ? 204 : 200);
        retry.get().is(200);
      }
    }
  }

  @Test
  void ofTwoMessagesAtOnceUnderOneClientIdOneIsRefused() throws Exception {
    Client anna = chat.user("clash", "anna");
    String id = room(anna, false);
    String one = message("c", "one");
    String other = message("c", "other");
    List<Answer> answers = atOnce("clash", id, List.of(one, other, one, other));
    assertThat(answers).extracting(Answer::status).containsExactlyInAnyOrder(201, 200, 409, 409);
    answers.stream()
        .filter(each -> each.status() == 409)
        .forEach(each -> each.problem(409, "message-conflict"));
    assertThat(anna.get(rooms(id) + "/messages").json().path("items").size()).isEqualTo(1);
  }

  @Test
  void spaceAndTheOrderOfMembersMakeNoOtherParts() {
    Client anna = chat.user("spelling", "anna");
    String path = rooms(room(anna, false)) + "/messages";
    anna.post(path, "{\"clientId\":\"c\",\"parts\":[{\"type\":\"text/plain\",\"content\":\"é\"}]}")
        .is(201);
    anna.post(
            path,
            "{ \"parts\": [ {\"content\": \"\\u00e9\", \"type\": \"text/plain\"} ], \"clientId\": \"c\" }")
        .is(200);
  }

  @Test
  void textThatLooksLikeAnAttackIsText() {
    Client anna = chat.user("attack", "anna");
    String id = room(anna, false);
    String path = rooms(id) + "/messages";
    List<String> texts =
        List.of(
            "'; drop table message; --",
            "$1 ? :x {0} %s ${7*7} #{7*7}",
            "\r\nSet-Cookie: a=b\r\n\r\n<html>",
            "\ndata:{}\n\nevent: end\ndata:{\"reason\":\"deleted\"}\n\n",
            "</script><script>alert(1)</script>",
            "\u2028\u2029\u0085\u200b\ufeff\ud83d\ude00");
    try (Stream stream = anna.stream(rooms(id) + "/events?offset=now&live=sse").upToDate()) {
      for (String text : texts) {
        String json = Client.JSON.writeValueAsString(text);
        JsonNode sent =
            anna.post(
                    path,
                    "{\"clientId\":%s,\"parts\":[{\"type\":\"text/plain\",\"content\":%s}]}"
                        .formatted(json, json))
                .is(201)
                .json();
        assertThat(sent.path("clientId").asString()).isEqualTo(text);
        assertThat(sent.at("/parts/0/content").asString()).isEqualTo(text);
        assertThat(stream.awaitEvent("message.created", sent::equals)).isEqualTo(sent);
        assertThat(anna.get(path + "/" + sent.path("offset").asLong()).is(200).json())
            .isEqualTo(sent);
      }
      assertThat(stream.isOver()).isFalse();
    }
    assertThat(ids(anna.get(path).json(), "/clientId")).containsExactlyElementsOf(texts);
  }

  @Test
  void pagesAreBoundedInBytesAndLeaveNothingOut() {
    Client anna = chat.user("large", "anna");
    String id = room(anna, false);
    List<Long> sent = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      sent.add(send(anna, id, "x".repeat(60_000)));
    }
    assertThat(walk(anna, id, "after", "0")).isEqualTo(sent);
    assertThat(walk(anna, id, "before", String.valueOf(Long.MAX_VALUE))).isEqualTo(sent);
  }

  /// All offsets in order, by pages that have more items to come than they hold.
  private static List<Long> walk(Client client, String room, String direction, String from) {
    List<Long> all = new ArrayList<>();
    String at = from;
    int pages = 0;
    while (true) {
      JsonNode page =
          client.get(rooms(room) + "/messages?limit=200&" + direction + "=" + at).is(200).json();
      assertThat(page.path("items").size()).isLessThan(20);
      List<Long> offsets = new ArrayList<>();
      page.path("items").forEach(item -> offsets.add(item.path("offset").asLong()));
      all.addAll(direction.equals("after") ? all.size() : 0, offsets);
      pages++;
      if (!page.has("next")) {
        assertThat(pages).isGreaterThan(1);
        return all;
      }
      at = page.path("next").asString();
    }
  }
}
