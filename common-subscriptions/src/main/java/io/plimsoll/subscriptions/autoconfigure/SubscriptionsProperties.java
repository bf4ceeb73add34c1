package io.plimsoll.subscriptions.autoconfigure;

import io.plimsoll.subscriptions.append.AppendSettings;
import io.plimsoll.subscriptions.bus.FaultyBus.Faults;
import io.plimsoll.subscriptions.feed.FeedSettings;
import io.plimsoll.subscriptions.retention.RetentionSettings;
import io.plimsoll.subscriptions.retention.RetentionSettings.Keep;
import io.plimsoll.subscriptions.stream.StreamSettings;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.PositiveOrZero;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// `plimsoll.subscriptions.*`; the README has the table.
///
/// @param log where events are kept; `memory` is for benchmarks and trials: it forgets on exit
/// @param bus what carries them between nodes; `memory` is for a single node
/// @param append limits of what is appended
/// @param feed sizes and intervals of feeds
/// @param stream limits and intervals of event streams, pages and long polls
/// @param retention how long events are kept
/// @param headCheck for tests
/// @param holeRepair for tests
/// @param faults for tests
@Validated
@ConfigurationProperties("plimsoll.subscriptions")
public record SubscriptionsProperties(
    @DefaultValue("jdbc") Log log,
    @DefaultValue("redis") Wire bus,
    @DefaultValue Append append,
    @DefaultValue Feed feed,
    @DefaultValue Stream stream,
    @DefaultValue Retain retention,
    @DefaultValue HeadCheck headCheck,
    @DefaultValue HoleRepair holeRepair,
    @DefaultValue BusFaults faults) {

  enum Log {
    JDBC,
    MEMORY
  }

  enum Wire {
    REDIS,
    MEMORY
  }

  /// @param maxData of one event
  /// @param maxEphemeralData of one ephemeral event
  /// @param batchEvents most events of a group commit
  /// @param batchData of a group commit, about
  /// @param ephemeralRate per second, sender and topic
  /// @param ephemeralBurst at once, after a pause
  record Append(
      @DefaultValue("256KB") DataSize maxData,
      @DefaultValue("16KB") DataSize maxEphemeralData,
      @DefaultValue("256") @Min(1) int batchEvents,
      @DefaultValue("1MB") DataSize batchData,
      @DefaultValue("10") @Min(1) int ephemeralRate,
      @DefaultValue("20") @Min(1) int ephemeralBurst) {

    AppendSettings settings() {
      return new AppendSettings(
          (int) maxData.toBytes(),
          (int) maxEphemeralData.toBytes(),
          batchEvents,
          (int) batchData.toBytes(),
          ephemeralRate,
          ephemeralBurst);
    }
  }

  /// @param ringEvents most events in a feed's ring
  /// @param ringBytes of a feed's ring
  /// @param ringsBytes of all rings of the node
  /// @param segmentsBytes of older frames kept
  /// @param reorderWait before a hole is read
  /// @param linger of a feed without followers
  /// @param joinTimeout how long a request waits for the log
  /// @param logReads at the same time; fewer than the pool has connections
  record Feed(
      @DefaultValue("512") @Min(1) @Max(65_536) int ringEvents,
      @DefaultValue("256KB") DataSize ringBytes,
      @DefaultValue("128MB") DataSize ringsBytes,
      @DefaultValue("64MB") DataSize segmentsBytes,
      @DefaultValue("5ms") Duration reorderWait,
      @DefaultValue("30s") Duration linger,
      @DefaultValue("5s") Duration joinTimeout,
      @DefaultValue("4") @Min(1) int logReads) {}

  /// @param heartbeat between two comments
  /// @param maxAge of a stream
  /// @param minRetry told to clients
  /// @param maxRetry told to clients
  /// @param longPoll how long a long poll waits
  /// @param drain over which streams end at shutdown
  /// @param writeBytes of one write, about
  /// @param pageBytes of a page, about
  /// @param max open streams of the node
  /// @param maxPerSubscriber open streams of one subscriber on the node
  record Stream(
      @DefaultValue("15s") Duration heartbeat,
      @DefaultValue("1h") Duration maxAge,
      @DefaultValue("1s") Duration minRetry,
      @DefaultValue("5s") Duration maxRetry,
      @DefaultValue("20s") Duration longPoll,
      @DefaultValue("3s") Duration drain,
      @DefaultValue("32KB") DataSize writeBytes,
      @DefaultValue("256KB") DataSize pageBytes,
      @DefaultValue("100000") @Min(1) int max,
      @DefaultValue("256") @Min(1) int maxPerSubscriber) {

    StreamSettings settings() {
      return new StreamSettings(
          heartbeat,
          maxAge,
          minRetry,
          maxRetry,
          longPoll,
          drain,
          (int) writeBytes.toBytes(),
          (int) pageBytes.toBytes(),
          max,
          maxPerSubscriber);
    }
  }

  /// @param enabled whether this node removes old events and what deleted topics leave behind
  /// @param interval between two sweeps through all topics
  /// @param batch events removed by one transaction
  /// @param pause between two of them
  /// @param deleted how long a deleted topic's events stay
  /// @param maxAge of an event; 0 for any
  /// @param maxEvents of a topic; 0 for any number
  /// @param kinds the last two by kind of topic; what a kind does not say is as above
  record Retain(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("10m") Duration interval,
      @DefaultValue("500") @Min(1) @Max(10_000) int batch,
      @DefaultValue("20ms") Duration pause,
      @DefaultValue("10m") Duration deleted,
      @DefaultValue("30d") Duration maxAge,
      @DefaultValue("0") @PositiveOrZero long maxEvents,
      @DefaultValue Map<String, Kind> kinds) {

    record Kind(@Nullable Duration maxAge, @Nullable @PositiveOrZero Long maxEvents) {}

    RetentionSettings settings() {
      Map<String, Keep> byKind = new HashMap<>();
      kinds.forEach(
          (kind, own) ->
              byKind.put(
                  kind,
                  new Keep(
                      Objects.requireNonNullElse(own.maxAge, maxAge),
                      Objects.requireNonNullElse(own.maxEvents, maxEvents))));
      return new RetentionSettings(
          enabled, interval, batch, pause, deleted, new Keep(maxAge, maxEvents), byKind);
    }
  }

  /// @param enabled false only to show that events get lost without it
  /// @param interval between two checks
  /// @param intervalWithoutBus between two checks while the bus is away
  /// @param compareInterval between two comparisons of all open heads
  record HeadCheck(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("1s") Duration interval,
      @DefaultValue("100ms") Duration intervalWithoutBus,
      @DefaultValue("1m") Duration compareInterval) {}

  /// @param enabled false only to show that events get lost without it
  record HoleRepair(@DefaultValue("true") boolean enabled) {}

  /// Probabilities with which publishes are mistreated.
  record BusFaults(
      @DefaultValue("0") @PositiveOrZero @DecimalMax("1") double drop,
      @DefaultValue("0") @PositiveOrZero @DecimalMax("1") double duplicate,
      @DefaultValue("0") @PositiveOrZero @DecimalMax("1") double reorder,
      @DefaultValue("0") @PositiveOrZero @DecimalMax("1") double delay) {

    Faults settings() {
      return new Faults(drop, duplicate, reorder, delay);
    }
  }

  FeedSettings feedSettings() {
    return new FeedSettings(
        feed.ringEvents,
        (int) feed.ringBytes.toBytes(),
        feed.ringsBytes.toBytes(),
        feed.segmentsBytes.toBytes(),
        feed.reorderWait,
        feed.linger,
        headCheck.interval,
        headCheck.intervalWithoutBus,
        headCheck.compareInterval,
        feed.joinTimeout,
        feed.logReads,
        headCheck.enabled,
        holeRepair.enabled);
  }
}
