package io.plimsoll.ratelimit.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.plimsoll.ratelimit.TestRatelimit;
import io.plimsoll.ratelimit.client.Subject;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Buckets spread over the nodes of a Redis Cluster.
class ClusterIT {

  private static final int SLOTS = 16_384;
  private static final int GATEWAYS = 3;
  private static final int USERS = 8;
  private static final double RATE = 20;
  private static final int BURST = 10;
  private static final int MOST = 5;
  private static final Duration PAUSE = Duration.ofMillis(5);

  /// As many as it takes to go on without one (Redis Cluster specification, "Fail over").
  private static final List<TestServer> NODES =
      List.of(TestBackends.clusterNode(), TestBackends.clusterNode(), TestBackends.clusterNode());

  private static final RedisClient CLIENT = RedisClient.create();
  private static final List<RedisCommands<String, String>> COMMANDS =
      NODES.stream().map(ClusterIT::commands).toList();
  private static TestRatelimit service;

  private final String tenant = TestRatelimit.newName("tenant");

  private static RedisCommands<String, String> commands(TestServer node) {
    return CLIENT.connect(RedisURI.create(node.host(), node.port())).sync();
  }

  @BeforeAll
  static void start() {
    for (int i = 0; i < NODES.size(); i++) {
      int from = SLOTS * i / NODES.size();
      int to = SLOTS * (i + 1) / NODES.size();
      COMMANDS.get(i).clusterAddSlots(IntStream.range(from, to).toArray());
      COMMANDS.getFirst().clusterMeet(NODES.get(i).host(), NODES.get(i).port());
    }
    for (var node : COMMANDS) {
      Awaitility.await().until(() -> node.clusterInfo().contains("cluster_state:ok"));
    }
    String seed = NODES.getFirst().host() + ":" + NODES.getFirst().port();
    service =
        TestRatelimit.start(NODES.getFirst(), Map.of("spring.data.redis.cluster.nodes", seed));
  }

  @AfterAll
  static void stop() {
    service.close();
    CLIENT.shutdown();
    NODES.forEach(TestServer::close);
  }

  @Test
  void keepsEachBucketsBoundAndGoesOnWithTheNodesThatAreThere() {
    service.policy(
        tenant,
        "\"per\":\"user\",\"rate\":%s,\"burst\":%d,\"storeAway\":\"hold\"".formatted(RATE, BURST));
    Map<String, Admissions> users = new LinkedHashMap<>();
    for (int i = 0; i < USERS; i++) {
      users.put("user-" + i, new Admissions());
    }
    List<TestGateway> gateways = new ArrayList<>();
    for (int i = 0; i < GATEWAYS; i++) {
      TestGateway gateway = new TestGateway(service.internal(), new Admissions());
      gateways.add(gateway);
      users.forEach(
          (user, admissions) ->
              gateway.press(
                  new Subject(tenant, "none", "key", user, "chat"), admissions, 1, PAUSE));
    }
    flows(users.values());
    List<String> ofLast = COMMANDS.getLast().keys("*:b:*");
    List<Admissions> there =
        users.entrySet().stream()
            .filter(user -> ofLast.stream().noneMatch(key -> key.endsWith("|" + user.getKey())))
            .map(Map.Entry::getValue)
            .toList();
    assertThat(there).as("on other nodes").isNotEmpty().hasSizeLessThan(USERS);

    NODES.getLast().stop();
    Awaitility.await()
        .until(() -> gateways.stream().allMatch(gateway -> gateway.unavailable() > 0));
    flows(there);
    NODES.getLast().start();
    flows(users.values());

    gateways.forEach(TestGateway::rest);
    users.values().forEach(user -> user.neverExceed(BURST + GATEWAYS * MOST, RATE));
    gateways.forEach(TestGateway::close);
  }

  /// Until so much more was admitted to each that the limit and not the start decides.
  private static void flows(Collection<Admissions> users) {
    Map<Admissions, Integer> enough = new LinkedHashMap<>();
    users.forEach(user -> enough.put(user, user.size() + BURST + 2 * (int) RATE));
    enough.forEach(
        (user, admitted) ->
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> user.size() > admitted));
  }
}
