package io.plimsoll.local;

import java.time.Duration;
import java.util.List;

/// A line of `status`.
///
/// @param pid 0 when it does not run
/// @param internalPort 0 when it has none
/// @param age how long it has been in that state
record Row(
    String name, long pid, int port, int internalPort, String state, int restarts, Duration age) {

  static String table(List<Row> rows) {
    var table = new StringBuilder();
    String format = "%-10s %8s %6s %9s %-14s %8s  %s%n";
    table.append(
        format.formatted("SERVICE", "PID", "PORT", "INTERNAL", "STATE", "RESTARTS", "SINCE"));
    for (Row row : rows) {
      table.append(
          format.formatted(
              row.name,
              orDash(row.pid),
              row.port,
              orDash(row.internalPort),
              row.state,
              row.restarts,
              age(row.age)));
    }
    return table.toString();
  }

  /// No name and no state has anything to escape.
  static String json(long supervisor, List<Row> rows) {
    var json = new StringBuilder("{\"supervisor\":" + supervisor + ",\"processes\":[");
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      json.append(i == 0 ? "" : ",")
          .append(
              "{\"name\":\"%s\",\"pid\":%d,\"port\":%d,\"internalPort\":%d,\"state\":\"%s\",\"restarts\":%d,\"ageSeconds\":%d}"
                  .formatted(
                      row.name,
                      row.pid,
                      row.port,
                      row.internalPort,
                      row.state,
                      row.restarts,
                      row.age.toSeconds()));
    }
    return json.append("]}").toString();
  }

  private static String orDash(long number) {
    return number == 0 ? "-" : Long.toString(number);
  }

  private static String age(Duration age) {
    if (age.toHours() > 0) {
      return age.toHours() + " h " + age.toMinutesPart() + " min";
    }
    return age.toMinutes() > 0
        ? age.toMinutes() + " min " + age.toSecondsPart() + " s"
        : age.toSeconds() + " s";
  }
}
