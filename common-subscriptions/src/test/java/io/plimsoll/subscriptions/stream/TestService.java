package io.plimsoll.subscriptions.stream;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.SnapshotSource;
import io.plimsoll.subscriptions.StreamListener;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.TopicStream;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.TestLog;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// A service with topics that everybody may read, unless banned.
///
/// An event of type `removed` ends the streams of the subscriber whom its data names, `closed`
/// those of all who are banned, `deleted` everybody's.
@SpringBootConfiguration
@EnableAutoConfiguration
@RestController
class TestService implements StreamRules, StreamListener {

  static final String KIND = "shelf";
  static final Topic WATCHED = new Topic("leavings", "all");

  final Set<String> banned = ConcurrentHashMap.newKeySet();
  final List<String> heard = new CopyOnWriteArrayList<>();
  volatile boolean away;

  static Topic topic(String key) {
    return new Topic(KIND, key);
  }

  /// Event loops of its own: the global ones would go with the first of several services that
  /// stops.
  @Bean
  static ReactorResourceFactory eventLoops() {
    ReactorResourceFactory own = new ReactorResourceFactory();
    own.setUseGlobalResources(false);
    return own;
  }

  @GetMapping("/topics/{key}/events")
  TopicStream events(
      @PathVariable String key,
      @RequestParam(defaultValue = "anna") String as,
      @RequestParam(required = false) @Nullable Instant until) {
    return TopicStream.of(topic(key), as, until);
  }

  @Override
  public Ends ends(Topic topic, Event event) {
    return switch (event.type()) {
      case "removed" -> new Ends.Subscribers(Set.of(event.data().replace("\"", "")));
      case "closed" -> new Ends.EveryoneWithoutAccess();
      case "deleted" -> new Ends.Everyone();
      case "faulty" -> throw new IllegalStateException("a rule with a fault");
      default -> new Ends.NoOne();
    };
  }

  /// Of those who are called so.
  @Override
  public @Nullable Topic watched(String subscriber) {
    return subscriber.startsWith("watched") ? WATCHED : null;
  }

  @Override
  public boolean mayRead(Topic topic, String subscriber) {
    if (away) {
      throw new IllegalStateException("the database is away");
    }
    return !banned.contains(subscriber);
  }

  @Override
  public void opened(Topic topic, String subscriber) {
    heard.add("opened " + topic.key() + " " + subscriber);
  }

  @Override
  public void closed(Topic topic, String subscriber) {
    heard.add("closed " + topic.key() + " " + subscriber);
  }

  @Override
  public void caughtUp(Topic topic, String subscriber) {
    heard.add("caught up " + topic.key() + " " + subscriber);
  }

  /// The state is how many events there were.
  @Bean
  static SnapshotSource snapshots(EventLog log) {
    return topic -> "{\"events\":" + log.find(topic).orElseThrow().offset() + "}";
  }

  /// On condition, because a nested configuration is found in any case.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(name = "plimsoll.subscriptions.log", havingValue = "memory")
  static class InMemory {

    @Bean
    TestLog log() {
      return new TestLog(Clock.systemUTC());
    }
  }
}
