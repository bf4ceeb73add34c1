package io.plimsoll.subscriptions.append;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plimsoll.subscriptions.NewEvent;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.EventLog.Appended;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
class GroupCommitTests {

  private static final Topic TOPIC = new Topic("room", "a");
  private static final AppendSettings FOUR_PER_BATCH = new AppendSettings(1000, 100, 4, 1000, 1, 1);

  private final InMemoryEventLog log = new InMemoryEventLog(Clock.systemUTC());
  private final Delivered delivered = new Delivered();
  private final List<List<NewEvent>> statements = new CopyOnWriteArrayList<>();
  private final Semaphore permits = new Semaphore(0);
  private final GroupCommit groupCommit = new GroupCommit(this::write, delivered, FOUR_PER_BATCH);
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  /// Writes when permitted; an event of type `poison` fails its batch.
  private Appended write(Topic topic, List<NewEvent> events) {
    statements.add(events);
    permits.acquireUninterruptibly();
    if (events.stream().anyMatch(event -> event.type().equals("poison"))) {
      throw new IllegalStateException("poisoned");
    }
    return log.appendAlone(topic, events);
  }

  @AfterEach
  void finish() {
    permits.release(10_000);
    callers.close();
  }

  private Future<Position> append(String type, int n) {
    return callers.submit(() -> groupCommit.append(TOPIC, NewEvent.of(type, Integer.toString(n))));
  }

  private void awaitStatements(int count) {
    Awaitility.await().until(() -> statements.size() == count);
  }

  /// One statement under way and these behind it.
  private List<Future<Position>> queued(String type, int count) {
    List<Future<Position>> waiting = new ArrayList<>();
    waiting.add(append("first", 0));
    awaitStatements(1);
    for (int n = 1; n <= count; n++) {
      waiting.add(append(type, n));
      int queued = n;
      Awaitility.await().until(() -> groupCommit.waiting(TOPIC) == queued);
    }
    return waiting;
  }

  @Test
  void writesALoneCallersEventByItself() throws Exception {
    permits.release();

    Position position = append("a", 1).get();

    assertThat(position).isEqualTo(log.find(TOPIC).orElseThrow().position());
    assertThat(delivered.data()).containsExactly("1");
    assertThat(groupCommit.busyTopics()).isZero();
  }

  @Test
  void writesWhatWaitsInBoundedBatches() throws Exception {
    List<Future<Position>> waiting = queued("a", 6);
    permits.release(3);

    for (int n = 0; n < waiting.size(); n++) {
      assertThat(waiting.get(n).get().offset()).isEqualTo(n + 1);
    }
    assertThat(statements).extracting(List::size).containsExactly(1, 4, 2);
    assertThat(delivered.batches).hasSize(3);
    assertThat(delivered.data()).containsExactly("0", "1", "2", "3", "4", "5", "6");
    assertThat(groupCommit.busyTopics()).isZero();
  }

  @Test
  void endsABatchThatHasGrownLarge() throws Exception {
    var _ = append("first", 0);
    awaitStatements(1);
    String large = "\"" + "x".repeat(998) + "\"";
    List<Future<Position>> waiting = new ArrayList<>();
    for (int n = 1; n <= 2; n++) {
      waiting.add(callers.submit(() -> groupCommit.append(TOPIC, NewEvent.of("a", large))));
    }
    Awaitility.await().until(() -> groupCommit.waiting(TOPIC) == 2);
    permits.release(3);

    for (Future<Position> each : waiting) {
      each.get();
    }
    assertThat(statements).extracting(List::size).containsExactly(1, 1, 1);
  }

  @Test
  void failsEveryCallerOfABatchAndNoOther() throws Exception {
    List<Future<Position>> waiting = queued("poison", 4);
    waiting.add(append("a", 5));
    Awaitility.await().until(() -> groupCommit.waiting(TOPIC) == 5);
    permits.release(3);

    for (Future<Position> failed : waiting.subList(1, 5)) {
      assertThatThrownBy(failed::get)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseMessage("poisoned");
    }
    assertThat(waiting.getFirst().get().offset()).isEqualTo(1);
    assertThat(waiting.getLast().get().offset()).isEqualTo(2);
    assertThat(delivered.data()).containsExactly("0", "5");
    assertThat(groupCommit.busyTopics()).isZero();
  }

  @Test
  void doesNotHoldUpOtherTopics() throws Exception {
    var _ = append("first", 0);
    awaitStatements(1);
    Topic other = new Topic("room", "b");
    Future<Position> quick = callers.submit(() -> groupCommit.append(other, NewEvent.of("a", "1")));
    awaitStatements(2);

    assertThat(groupCommit.busyTopics()).isEqualTo(2);
    permits.release(2);
    quick.get();
  }

  @Test
  void losesNobodyInACrowd() throws Exception {
    permits.release(10_000);
    List<Future<Position>> crowd = new ArrayList<>();
    for (int n = 0; n < 5_000; n++) {
      crowd.add(append("a", n));
    }

    List<Long> offsets = new ArrayList<>();
    for (Future<Position> each : crowd) {
      offsets.add(each.get().offset());
    }
    assertThat(offsets).doesNotHaveDuplicates().hasSize(5_000).contains(1L, 5_000L);
    assertThat(delivered.data()).hasSize(5_000);
    assertThat(groupCommit.busyTopics()).isZero();
  }
}
