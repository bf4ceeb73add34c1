package io.plimsoll.auth;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PurgeIT {

  /// A statement that deletes more than 10,000 rows is refused, as one that takes too long would
  /// be.
  private static final String REFUSE_MANY =
      """
      create function refuse_many() returns trigger language plpgsql as $$
      begin
        if (select count(*) from gone) > 10000 then
          raise exception 'too many' using errcode = 'query_canceled';
        end if;
        return null;
      end $$
      """;

  /// The backlog of each table. The last mark of all that are old stays.
  private static final List<String> BACKLOG =
      List.of(
          """
          insert into audit (number, at, actor, action, detail)
          select n, '2020-01-01', 'nobody', 'old', '{}' from generate_series(-25000, -1) n
          """,
          """
          insert into usage (tenant_id, step, start_at, service, class, status,
            requests, bytes_in, bytes_out, stream_seconds, admitted)
          select 'old', step, n, 'chat', 'default', '2xx', 1, 1, 1, 1, 1
          from generate_series(1, 25000) n cross join (values ('hour'), ('day')) steps (step)
          """,
          """
          insert into usage_reports (boot, sequence, received_at)
          select gen_random_uuid(), n, '2020-01-01' from generate_series(1, 25000) n
          """,
          """
          insert into changes (number, kind, token, tenant_id, until_at)
          select n, 'token', 'old.' || n, 'old', 1 from generate_series(-25000, -1) n
          """,
          """
          insert into change_marks (number, mark, taken_at)
          select n, gen_random_uuid(), 1 from generate_series(-25001, -1) n
          """);

  private static final String LEFT =
      """
      select (select count(*) from audit) + (select count(*) from usage)
        + (select count(*) from usage_reports) + (select count(*) from changes)
        + (select count(*) from change_marks where number < -1)
      """;

  @Test
  void deletesALargeBacklogSomeAtATime() {
    try (TestAuth auth =
        TestAuth.start(
            Map.of(
                "plimsoll.auth.purge", "50ms",
                "plimsoll.auth.usage-hours-retention", "35d",
                "plimsoll.auth.usage-days-retention", "800d"))) {
      auth.jdbc().sql(REFUSE_MANY).update();
      for (String table : List.of("audit", "usage", "usage_reports", "changes", "change_marks")) {
        auth.jdbc()
            .sql(
                """
                create trigger refuse_many after delete on %s referencing old table as gone
                for each statement execute function refuse_many()
                """
                    .formatted(table))
            .update();
      }
      BACKLOG.forEach(backlog -> auth.jdbc().sql(backlog).update());
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> auth.jdbc().sql(LEFT).query(Long.class).single() == 0);
    }
  }
}
