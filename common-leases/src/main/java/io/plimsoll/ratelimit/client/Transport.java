package io.plimsoll.ratelimit.client;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Carries calls to ratelimit-service's internal port, with the gateway's own internal token. Must
/// not send anything again by itself, and must fail rather than wait for ever.
@FunctionalInterface
public interface Transport {

  /// Sends one request.
  ///
  /// @param path with its slash: `/internal/v1/leases`
  /// @param body JSON to POST; null: GET
  /// @param tag for `If-None-Match`
  CompletionStage<Answer> exchange(String path, @Nullable String body, @Nullable String tag);

  /// What came back.
  ///
  /// @param tag the answer's `ETag`
  record Answer(int status, String body, @Nullable String tag) {

    /// Otherwise another instance may do better.
    public boolean isOfUse() {
      return status == 200 || status == 304;
    }
  }
}
