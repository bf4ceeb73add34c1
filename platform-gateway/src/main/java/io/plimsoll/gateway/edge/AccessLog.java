package io.plimsoll.gateway.edge;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Has the access log written by a thread of its own, to wherever the other logs go: what a pipe
/// that nobody reads can hold up must not be an event loop. Lines that find no place are dropped.
final class AccessLog implements SmartLifecycle {

  static final String NAME = "access";

  private static final int QUEUE = 8_192;

  private final List<AsyncAppender> appenders = new ArrayList<>();
  private boolean running;

  @Override
  public void start() {
    running = true;
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    context
        .getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
        .iteratorForAppenders()
        .forEachRemaining(to -> appenders.add(async(context, to)));
    Logger access = context.getLogger(NAME);
    appenders.forEach(access::addAppender);
    access.setAdditive(false);
  }

  private static AsyncAppender async(LoggerContext context, Appender<ILoggingEvent> to) {
    AsyncAppender appender = new AsyncAppender();
    appender.setContext(context);
    appender.setName("access-" + to.getName());
    appender.setQueueSize(QUEUE);
    appender.setDiscardingThreshold(0);
    appender.setNeverBlock(true);
    appender.addAppender(shared(to));
    appender.start();
    return appender;
  }

  /// One that is not stopped with its asynchronous user.
  private static Appender<ILoggingEvent> shared(Appender<ILoggingEvent> to) {
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            to.doAppend(event);
          }
        };
    appender.start();
    return appender;
  }

  /// Writes what is left, and from then on as the others do.
  @Override
  public void stop() {
    running = false;
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      Logger access = context.getLogger(NAME);
      access.setAdditive(true);
      for (AsyncAppender appender : appenders) {
        access.detachAppender(appender);
        appender.stop();
      }
    }
    appenders.clear();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /// Until the last request is answered.
  @Override
  public int getPhase() {
    return Integer.MIN_VALUE;
  }
}
