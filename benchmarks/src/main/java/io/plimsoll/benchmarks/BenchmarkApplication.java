package io.plimsoll.benchmarks;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.SnapshotSource;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topic;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/// Topics, and nothing else.
@SpringBootApplication
public class BenchmarkApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(BenchmarkApplication.class, arguments);
  }

  @Bean
  SnapshotSource emptySnapshots() {
    return _ -> "{}";
  }

  @Bean
  StreamRules openToEverybody() {
    return new StreamRules() {

      @Override
      public Ends ends(Topic topic, Event event) {
        return new Ends.NoOne();
      }

      @Override
      public boolean mayRead(Topic topic, String subscriber) {
        return true;
      }
    };
  }
}
