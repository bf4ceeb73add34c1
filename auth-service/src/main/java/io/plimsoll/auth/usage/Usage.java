package io.plimsoll.auth.usage;

import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.Purge;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/// The tenants' usage, in PostgreSQL.
@Repository
class Usage {

  private static final String NOTE_REPORT =
      """
      insert into usage_reports (boot, sequence, received_at) values (:boot, :sequence, :now)
      on conflict do nothing
      """;

  /// In the order of the key, so that two reports at once wait for each other rather than lock each
  /// other out.
  private static final String ADD =
      """
      insert into usage (tenant_id, step, start_at, service, class, status,
        requests, bytes_in, bytes_out, stream_seconds, admitted)
      select d.tenant, s.step, d.hour - d.hour % s.seconds, d.service, d.class, d.status,
        sum(d.requests), sum(d.bytes_in), sum(d.bytes_out), sum(d.stream_seconds), sum(d.admitted)
      from unnest(:tenants, :services, :classes, :statuses, :hours,
          :requests, :bytesIn, :bytesOut, :streamSeconds, :admitted)
        as d (tenant, service, class, status, hour,
          requests, bytes_in, bytes_out, stream_seconds, admitted)
      cross join (values ('hour', 3600), ('day', 86400)) as s (step, seconds)
      group by 1, 2, 3, 4, 5, 6
      order by 1, 2, 3, 4, 5, 6
      on conflict (tenant_id, step, start_at, service, class, status) do update set
        requests = usage.requests + excluded.requests,
        bytes_in = usage.bytes_in + excluded.bytes_in,
        bytes_out = usage.bytes_out + excluded.bytes_out,
        stream_seconds = usage.stream_seconds + excluded.stream_seconds,
        admitted = usage.admitted + excluded.admitted
      """;

  private static final String OF_TENANT =
      """
      select start_at, service, class, status, requests, bytes_in, bytes_out, stream_seconds,
        admitted
      from usage
      where tenant_id = :tenant and step = :step and start_at >= :from and start_at < :to
      order by start_at, service, class, status limit :limit
      """;

  private static final String PURGE_USAGE =
      """
      delete from usage where ctid = any (array(
        select ctid from usage where step = :step and start_at < :before
        limit :rows for update skip locked))
      """;

  private static final String PURGE_REPORTS =
      """
      delete from usage_reports where ctid = any (array(
        select ctid from usage_reports where received_at < :before
        limit :rows for update skip locked))
      """;

  /// @param hour start of the hour, in seconds
  /// @param admitted units that limits admitted
  record Delta(
      String tenant,
      String service,
      String routeClass,
      String status,
      long hour,
      long requests,
      long bytesIn,
      long bytesOut,
      double streamSeconds,
      long admitted) {}

  record Row(
      Instant start,
      String service,
      String routeClass,
      String status,
      long requests,
      long bytesIn,
      long bytesOut,
      double streamSeconds,
      long admitted) {}

  enum Step {
    HOUR(Duration.ofHours(1)),
    DAY(Duration.ofDays(1));

    private final Duration length;

    Step(Duration length) {
      this.length = length;
    }

    Duration length() {
      return length;
    }

    /// As in the database and in requests.
    String value() {
      return this == HOUR ? "hour" : "day";
    }
  }

  private final JdbcClient jdbc;
  private final Clock clock;
  private final AuthProperties properties;

  Usage(JdbcClient jdbc, Clock clock, AuthProperties properties) {
    this.jdbc = jdbc;
    this.clock = clock;
    this.properties = properties;
  }

  /// Adds what a gateway reports, unless it was added before.
  ///
  /// @return whether it was added now
  @Transactional
  boolean add(UUID boot, long sequence, List<Delta> deltas) {
    int noted =
        jdbc.sql(NOTE_REPORT)
            .param("boot", boot)
            .param("sequence", sequence)
            .param("now", clock.instant().atOffset(ZoneOffset.UTC))
            .update();
    if (noted == 0) {
      return false;
    }
    if (!deltas.isEmpty()) {
      jdbc.sql(ADD)
          .param("tenants", texts(deltas, Delta::tenant))
          .param("services", texts(deltas, Delta::service))
          .param("classes", texts(deltas, Delta::routeClass))
          .param("statuses", texts(deltas, Delta::status))
          .param("hours", numbers(deltas, Delta::hour))
          .param("requests", numbers(deltas, Delta::requests))
          .param("bytesIn", numbers(deltas, Delta::bytesIn))
          .param("bytesOut", numbers(deltas, Delta::bytesOut))
          .param("streamSeconds", deltas.stream().map(Delta::streamSeconds).toArray(Double[]::new))
          .param("admitted", numbers(deltas, Delta::admitted))
          .update();
    }
    return true;
  }

  /// By start, service, class and status.
  List<Row> of(String tenant, Step step, Instant from, Instant to, int limit) {
    return jdbc.sql(OF_TENANT)
        .param("tenant", tenant)
        .param("step", step.value())
        .param("from", from.getEpochSecond())
        .param("to", to.getEpochSecond())
        .param("limit", limit)
        .query(
            (row, _) ->
                new Row(
                    Instant.ofEpochSecond(row.getLong("start_at")),
                    row.getString("service"),
                    row.getString("class"),
                    row.getString("status"),
                    row.getLong("requests"),
                    row.getLong("bytes_in"),
                    row.getLong("bytes_out"),
                    row.getDouble("stream_seconds"),
                    row.getLong("admitted")))
        .list();
  }

  @Scheduled(fixedDelayString = "${plimsoll.auth.purge:10m}", initialDelayString = "1s")
  void purge() {
    Instant now = clock.instant();
    purge(Step.HOUR, now.minus(properties.usageHoursRetention()));
    purge(Step.DAY, now.minus(properties.usageDaysRetention()));
    Purge.all(
        jdbc.sql(PURGE_REPORTS)
            .param(
                "before", now.minus(properties.usageReportRetention()).atOffset(ZoneOffset.UTC)));
  }

  private void purge(Step step, Instant before) {
    Purge.all(
        jdbc.sql(PURGE_USAGE).param("step", step.value()).param("before", before.getEpochSecond()));
  }

  private static String[] texts(List<Delta> deltas, Function<Delta, String> member) {
    return deltas.stream().map(member).toArray(String[]::new);
  }

  private static Long[] numbers(List<Delta> deltas, ToLongFunction<Delta> member) {
    return deltas.stream().mapToLong(member).boxed().toArray(Long[]::new);
  }
}
