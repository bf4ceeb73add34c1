package io.plimsoll.benchmarks;

import io.plimsoll.benchmarks.Appends.How;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.feed.Feeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// What the runner commands.
@RestController
class DriveController {

  private final Appends appends;
  private final Pacer pacer;
  private final Flood flood;
  private final Followers followers;
  private final Feeds feeds;

  DriveController(Appends appends, Pacer pacer, Flood flood, Followers followers, Feeds feeds) {
    this.appends = appends;
    this.pacer = pacer;
    this.flood = flood;
    this.followers = followers;
    this.feeds = feeds;
  }

  /// Appends a second: on average, and second by second.
  record Flooded(double rate, List<Long> eachSecond) {}

  @GetMapping("/ready")
  String ready() {
    return "ready\n";
  }

  @PostMapping("/create")
  void create(@RequestParam int topics) {
    for (int i = 0; i < topics; i++) {
      appends.create(Appends.topic(i));
    }
  }

  @PostMapping("/drive")
  void drive(@RequestParam int topics, @RequestParam double rate, @RequestParam double seconds) {
    pacer.start(topics, rate, Duration.ofMillis((long) (seconds * 1000)));
  }

  @PostMapping("/drive/stop")
  void stop() {
    pacer.stop();
  }

  @PostMapping("/flood")
  Flooded flood(
      @RequestParam int topics,
      @RequestParam int clients,
      @RequestParam double seconds,
      @RequestParam String how,
      @RequestParam(defaultValue = "false") boolean reader)
      throws Exception {
    Duration time = Duration.ofMillis((long) (seconds * 1000));
    How committed = How.valueOf(how.toUpperCase(Locale.ROOT));
    long[] each =
        reader
            ? flood.runUnderReader(topics, clients, time, committed)
            : flood.run(topics, clients, time, committed);
    return new Flooded(
        Arrays.stream(each).average().orElse(0), Arrays.stream(each).boxed().toList());
  }

  /// Appends a number of events to a topic and answers the positions of the last ones, a line each.
  @PostMapping("/fill")
  String fill(@RequestParam int topic, @RequestParam int events, @RequestParam int last) {
    List<Position> positions = new ArrayList<>();
    for (int i = 1; i <= events; i++) {
      positions.add(appends.append(Appends.topic(topic), Appends.event(i), appends.usual()));
    }
    return positions.stream()
        .skip(events - last)
        .map(Position::toString)
        .collect(Collectors.joining("\n"));
  }

  /// Has a follower within the process join each of these many topics.
  @PostMapping("/open")
  void open(@RequestParam int topics) throws Exception {
    followers.open(topics);
  }

  /// Events that have reached the followers.
  @GetMapping("/opened")
  long opened() {
    return followers.events();
  }

  /// Reads of events from the log so far.
  @GetMapping("/log-reads")
  long logReads() {
    return feeds.logReads();
  }
}
