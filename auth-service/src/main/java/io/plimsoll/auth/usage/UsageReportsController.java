package io.plimsoll.auth.usage;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/// Takes the gateways' reports.
@InternalPort
@RestController
class UsageReportsController {

  private static final int MAX_BYTES = 1024 * 1024;
  private static final int MAX_DELTAS = 4_000;
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.~-]{1,64}");
  private static final Pattern STATUS = Pattern.compile("[1-5]xx|429");
  private static final long SECONDS_OF_HOUR = 3600;
  private static final long LATEST_HOUR = 253_402_300_800L;

  /// No gateway counts further between two reports; sums stay far from overflowing.
  private static final long MOST = 1L << 50;

  /// One merged count.
  record Delta(
      String tenant,
      String service,
      @JsonProperty("class") String routeClass,
      String status,
      long hour,
      long requests,
      long bytesIn,
      long bytesOut,
      double streamSeconds,
      @Nullable Long admitted) {

    Delta {
      check(tenant != null && Ids.valid(tenant));
      check(service != null && NAME.matcher(service).matches());
      check(routeClass != null && NAME.matcher(routeClass).matches());
      check(status != null && STATUS.matcher(status).matches());
      check(hour >= 0 && hour < LATEST_HOUR && hour % SECONDS_OF_HOUR == 0);
      check(bounded(requests) && bounded(bytesIn) && bounded(bytesOut));
      check(streamSeconds >= 0 && streamSeconds < MOST);
      check(admitted == null || bounded(admitted));
    }

    private Usage.Delta stored() {
      return new Usage.Delta(
          tenant,
          service,
          routeClass,
          status,
          hour,
          requests,
          bytesIn,
          bytesOut,
          streamSeconds,
          admitted == null ? 0 : admitted);
    }
  }

  /// @param boot names one run of a gateway
  /// @param sequence numbers its reports
  record Report(UUID boot, Long sequence, List<Delta> deltas) {

    Report {
      check(boot != null);
      check(sequence != null && sequence >= 0);
      check(deltas != null && deltas.size() <= MAX_DELTAS && !deltas.contains(null));
    }
  }

  /// @param applied false when it had been before
  record Applied(boolean applied) {}

  private final Usage usage;
  private final UsageMetrics metrics;
  private final JsonMapper json;

  UsageReportsController(Usage usage, UsageMetrics metrics, JsonMapper json) {
    this.usage = usage;
    this.metrics = metrics;
    this.json = json;
  }

  @PostMapping("/internal/v1/usage")
  Applied report(ServerHttpRequest request) {
    Report report = read(request);
    List<Usage.Delta> deltas = report.deltas().stream().map(Delta::stored).toList();
    boolean applied = usage.add(report.boot(), report.sequence(), deltas);
    if (applied) {
      deltas.forEach(metrics::add);
    }
    return new Applied(applied);
  }

  /// Read here, for it is larger than all other bodies may be. This is a virtual thread; it may
  /// wait.
  private Report read(ServerHttpRequest request) {
    byte[] body =
        DataBufferUtils.join(request.getBody(), MAX_BYTES)
            .map(UsageReportsController::drain)
            .timeout(BODY_TIMEOUT)
            .onErrorMap(
                TimeoutException.class,
                _ -> new ResponseStatusException(HttpStatus.REQUEST_TIMEOUT))
            .onErrorMap(
                DataBufferLimitException.class,
                _ -> new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE))
            .block();
    try {
      Report report = json.readValue(body == null ? new byte[0] : body, Report.class);
      if (report == null) {
        throw MismatchedInputException.from((JsonParser) null, Report.class, "null");
      }
      return report;
    } catch (JacksonException e) {
      throw new ServerWebInputException("no report", null, e);
    }
  }

  private static byte[] drain(DataBuffer buffer) {
    byte[] bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }

  private static boolean bounded(long count) {
    return count >= 0 && count <= MOST;
  }

  private static void check(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException();
    }
  }
}
