package io.plimsoll.subscriptions.stream;

import org.springframework.boot.test.context.SpringBootTest;

@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    classes = TestService.class,
    properties = {
      "spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
      "plimsoll.subscriptions.log=memory",
      "plimsoll.subscriptions.bus=memory",
      "plimsoll.subscriptions.feed.ring-events=16",
      "plimsoll.subscriptions.stream.page-bytes=4KB",
      "plimsoll.subscriptions.stream.write-bytes=2KB",
      "plimsoll.subscriptions.stream.heartbeat=1s",
      "plimsoll.subscriptions.stream.long-poll=1s",
      "plimsoll.subscriptions.stream.max-per-subscriber=3",
      "server.compression.enabled=true",
      "server.compression.min-response-size=1",
      "server.compression.mime-types=text/event-stream",
      "spring.threads.virtual.enabled=true"
    })
class StreamWireTests extends StreamWireContract {}
