package io.plimsoll.gateway.call;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One step of the pipeline: looks at a call, adds what it found out, answers it, or refuses it by
/// a [io.plimsoll.gateway.answer.ProblemException].
public interface Step {

  /// Looks at a call, on its event loop.
  ///
  /// @return null in the ordinary case, where there is nothing to wait for; else what completes, on
  ///   any thread, when the call may go on, or fails when it may not
  @Nullable Mono<Void> pass(Call call);
}
