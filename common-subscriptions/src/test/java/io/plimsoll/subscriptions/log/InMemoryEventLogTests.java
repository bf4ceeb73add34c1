package io.plimsoll.subscriptions.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class InMemoryEventLogTests extends EventLogContract {

  private final InMemoryEventLog log = new InMemoryEventLog(Clock.systemUTC());

  @Override
  EventLog log() {
    return log;
  }

  @Override
  <T> T committed(Supplier<T> writes) {
    return writes.get();
  }

  @Test
  void keepsNoMoreThanItIsTold() {
    InMemoryEventLog small = new InMemoryEventLog(Clock.systemUTC(), 3);
    for (int n = 1; n <= 10; n++) {
      small.appendAlone(topic, java.util.List.of(event(n)));
    }

    Head head = small.find(topic).orElseThrow();
    assertThat(head.floor()).isEqualTo(8);
    assertThat(head.offset()).isEqualTo(10);
    assertThat(small.read(head.topicId(), 0, 100).orElseThrow().events()).hasSize(3);
  }
}
