package io.plimsoll.benchmarks;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.TopicStream;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/// What a service offers of a topic: its events, and a way to append one.
@RestController
class TopicController {

  private final Appends appends;

  TopicController(Appends appends) {
    this.appends = appends;
  }

  @GetMapping("/topics/{topic}/events")
  TopicStream events(
      @PathVariable int topic,
      @RequestHeader(name = "X-User", defaultValue = "anybody") String user) {
    return TopicStream.of(Appends.topic(topic), user, null);
  }

  /// Answers once the transaction is committed.
  @PostMapping("/topics/{topic}/events")
  ResponseEntity<Void> append(@PathVariable int topic, @RequestBody String data) {
    Position position =
        appends.append(Appends.topic(topic), NewEvent.of("bench", data), appends.usual());
    return ResponseEntity.status(HttpStatus.CREATED)
        .header("Stream-Next-Offset", position.toString())
        .build();
  }
}
