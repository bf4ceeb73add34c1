package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

class LogsTests {

  private static final String OTHER = LogsTests.class.getName();

  /// Where logs go, held up until somebody reads.
  private static final class Pipe extends UnsynchronizedAppenderBase<ILoggingEvent> {

    private final CountDownLatch read = new CountDownLatch(1);
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLoggerName().equals(Logs.ACCESS) || event.getLoggerName().equals(OTHER)) {
        try {
          read.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        lines.add(event.getFormattedMessage());
      }
    }
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void holdsUpNobodyWhenNobodyReadsIt() {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Logger access = (Logger) LoggerFactory.getLogger(Logs.ACCESS);
    Logger other = (Logger) LoggerFactory.getLogger(OTHER);
    Pipe pipe = new Pipe();
    pipe.start();
    root.addAppender(pipe);
    Logs log = new Logs();
    log.start();
    try {
      for (int i = 0; i < 10_000; i++) {
        access.info("line {}", i);
        other.info("other line {}", i);
      }
      pipe.read.countDown();
      Awaitility.await().until(() -> pipe.lines.size() >= 2 * 8_192);
      assertThat(pipe.lines).contains("line 0", "line 1", "other line 0", "other line 1");
      log.stop();
      access.info("afterwards");
      other.info("afterwards, too");
      assertThat(pipe.lines).endsWith("afterwards", "afterwards, too");
    } finally {
      log.stop();
      root.detachAppender(pipe);
    }
  }
}
