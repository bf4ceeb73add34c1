package io.plimsoll.chat;

import static io.plimsoll.chat.Scene.edit;
import static io.plimsoll.chat.Scene.message;
import static io.plimsoll.chat.Scene.rooms;
import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.chat.Client.Answer;
import io.plimsoll.subscriptions.TestBackends;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// Everybody does everything at once, on two nodes: nobody deadlocks, nothing fails, and what the
/// events tell is what is stored.
class CrowdIT {

  private static final int WORKERS = 12;
  private static final int REQUESTS = 150;
  private static final String[] ROOMS = {"red", "green", "blue"};
  private static final String[] USERS = {"anna", "ben", "carla", "dora"};

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat =
        TestChat.start(
            2,
            TestBackends.redis(),
            // who waits long is slow, not stuck
            "spring.datasource.hikari.connection-timeout=60000",
            "spring.datasource.hikari.data-source-properties.socketTimeout=90",
            "spring.datasource.hikari.data-source-properties.options="
                + "-c lock_timeout=60s -c statement_timeout=60s",
            "plimsoll.chat.erasure.check=50ms",
            "plimsoll.chat.erasure.members=2",
            "plimsoll.chat.erasure.rows=20",
            "plimsoll.chat.cursors.interval=200ms",
            "plimsoll.chat.cursors.check=50ms");
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  private static String pick(Random random, String[] from) {
    return from[random.nextInt(from.length)];
  }

  private static Answer something(Random random) {
    Client client = chat.user(random.nextInt(2), "crowd", pick(random, USERS));
    Client tenant = chat.tenant("crowd");
    String room = rooms(pick(random, ROOMS));
    String user = pick(random, USERS);
    String offset = String.valueOf(2 + random.nextInt(40));
    return switch (random.nextInt(20)) {
      case 0 -> tenant.delete(room);
      case 1, 2 ->
          tenant.post(
              "/chat/v1/rooms",
              "{\"id\":\"%s\",\"name\":\"R\",\"memberIds\":[\"anna\",\"%s\"]}"
                  .formatted(room.substring(15), user));
      case 3, 4 -> tenant.put(room + "/members/" + user);
      case 5 -> client.delete(room + "/members/" + user);
      case 6 -> tenant.patch(room, "{\"name\":\"%d\"}".formatted(random.nextInt()));
      case 7, 8 -> client.put(room + "/cursors/me", "{\"offset\":%s}".formatted(offset));
      case 9 -> client.patch(room + "/messages/" + offset, edit("edited"));
      case 10 -> client.delete(room + "/messages/" + offset);
      case 11 -> client.get("/chat/v1/rooms");
      case 12 -> client.get(room + "/events?offset=snapshot");
      case 13 ->
          random.nextInt(4) == 0
              ? tenant.delete("/chat/v1/users/" + user)
              : client.get("/chat/v1/me/events?offset=snapshot");
      default ->
          client.post(
              room + "/messages", message("c" + random.nextInt(200), "x" + random.nextInt(2)));
    };
  }

  @Test
  void nobodyDeadlocksAndEventsTellWhatIsStored() throws Exception {
    TreeMap<Integer, Integer> statuses = new TreeMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<TreeMap<Integer, Integer>>> workers = new ArrayList<>();
      for (int worker = 0; worker < WORKERS; worker++) {
        Random random = new Random(worker);
        workers.add(
            threads.submit(
                () -> {
                  TreeMap<Integer, Integer> mine = new TreeMap<>();
                  for (int i = 0; i < REQUESTS; i++) {
                    Answer answer = something(random);
                    assertThat(answer.status())
                        .as(answer.response() + answer.text())
                        .isLessThan(500);
                    mine.merge(answer.status(), 1, Integer::sum);
                  }
                  return mine;
                }));
      }
      for (Future<TreeMap<Integer, Integer>> worker : workers) {
        worker.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
      }
    }
    assertThat(statuses.keySet()).isSubsetOf(200, 201, 204, 400, 403, 404, 409);
    assertThat(statuses).containsKeys(200, 201, 204, 409);
    JdbcClient database = JdbcClient.create(chat.database().dataSource());
    assertThat(
            database
                .sql("select deadlocks from pg_stat_database where datname = current_database()")
                .query(Long.class)
                .single())
        .isZero();
    Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(60))
        .until(
            () ->
                database
                    .sql(
                        """
                        select (select count(*) from user_erasure)
                             + (select count(*) from room where deleted_at is not null)
                             + (select count(*) from read_cursor where told <> "offset")
                        """)
                    .query(Long.class)
                    .single()
                    .equals(0L));
    for (String room : ROOMS) {
      eventsTellWhatIsStored(room);
    }
  }

  private static void eventsTellWhatIsStored(String room) {
    Client tenant = chat.tenant("crowd");
    if (tenant.get(rooms(room)).status() == 404) {
      return;
    }
    Set<String> members = new HashSet<>();
    TreeMap<Long, JsonNode> messages = new TreeMap<>();
    String from = "-1";
    while (true) {
      Answer page = tenant.get(rooms(room) + "/events?offset=" + from).is(200);
      for (JsonNode event : page.json()) {
        JsonNode data = event.path("data");
        switch (event.path("type").asString()) {
          case "member.added" -> assertThat(members.add(data.path("userId").asString())).isTrue();
          case "member.removed" ->
              assertThat(members.remove(data.path("userId").asString())).isTrue();
          case "message.created", "message.edited", "message.deleted" ->
              messages.put(data.path("offset").asLong(), data);
          default -> {}
        }
      }
      from = page.header("Stream-Next-Offset");
      if (page.header("Stream-Up-To-Date").equals("true")) {
        break;
      }
    }
    assertThat(Scene.ids(tenant.get(rooms(room) + "/members").json(), "/userId"))
        .containsExactlyInAnyOrderElementsOf(members);
    List<JsonNode> stored = new ArrayList<>();
    long after = 0;
    while (after >= 0) {
      JsonNode page = tenant.get(rooms(room) + "/messages?limit=200&after=" + after).json();
      page.path("items").forEach(stored::add);
      after = page.path("next").asLong(-1);
    }
    assertThat(stored).containsExactlyElementsOf(messages.values());
  }
}
