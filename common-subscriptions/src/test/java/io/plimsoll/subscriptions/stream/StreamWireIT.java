package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestDatabase;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    classes = TestService.class,
    properties = {
      "spring.flyway.enabled=false",
      "plimsoll.subscriptions.feed.ring-events=16",
      "plimsoll.subscriptions.stream.page-bytes=4KB",
      "plimsoll.subscriptions.stream.write-bytes=2KB",
      "plimsoll.subscriptions.stream.heartbeat=1s",
      "plimsoll.subscriptions.stream.long-poll=1s",
      "plimsoll.subscriptions.stream.max-per-subscriber=3"
    })
class StreamWireIT extends StreamWireContract {

  @DynamicPropertySource
  static void backends(DynamicPropertyRegistry registry) {
    TestDatabase database = TestBackends.freshDatabase();
    registry.add("spring.datasource.url", database::url);
    registry.add("spring.datasource.username", database::username);
    registry.add("spring.datasource.password", database::password);
    registry.add("spring.data.redis.host", TestBackends.redis()::host);
    registry.add("spring.data.redis.port", TestBackends.redis()::port);
  }
}
