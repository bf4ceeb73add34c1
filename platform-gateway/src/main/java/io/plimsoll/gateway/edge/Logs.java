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

/// Has all logs written by threads of their own, to wherever they go otherwise: what a pipe that
/// nobody reads can hold up must not be an event loop. Lines that find no place are dropped, and
/// those of the access log take no place of the others.
final class Logs implements SmartLifecycle {

  static final String ACCESS = "access";

  private static final int QUEUE = 8_192;

  private final List<Appender<ILoggingEvent>> appenders = new ArrayList<>();
  private boolean running;

  @Override
  public void start() {
    running = true;
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    Logger access = context.getLogger(ACCESS);
    if (!access.isAdditive()) {
      return; // another gateway in this process has done so
    }
    access.setAdditive(false);
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.iteratorForAppenders().forEachRemaining(appenders::add);
    for (Appender<ILoggingEvent> to : appenders) {
      access.addAppender(async(context, ACCESS, to));
      root.addAppender(async(context, "root", to));
      root.detachAppender(to);
    }
  }

  private static AsyncAppender async(
      LoggerContext context, String whose, Appender<ILoggingEvent> to) {
    AsyncAppender appender = new AsyncAppender();
    appender.setContext(context);
    appender.setName(name(whose, to));
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

  /// Writes what is left, and from then on without them.
  @Override
  public void stop() {
    running = false;
    if (!appenders.isEmpty()
        && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
      Logger access = context.getLogger(ACCESS);
      access.setAdditive(true);
      for (Appender<ILoggingEvent> to : appenders) {
        root.addAppender(to);
        end(root, "root", to);
        end(access, ACCESS, to);
      }
    }
    appenders.clear();
  }

  private static void end(Logger logger, String whose, Appender<ILoggingEvent> to) {
    Appender<ILoggingEvent> async = logger.getAppender(name(whose, to));
    if (async != null) {
      logger.detachAppender(async);
      async.stop();
    }
  }

  private static String name(String whose, Appender<ILoggingEvent> to) {
    return whose + "-" + to.getName();
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
