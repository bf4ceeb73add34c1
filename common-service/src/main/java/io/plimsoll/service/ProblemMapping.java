package io.plimsoll.service;

import org.jspecify.annotations.Nullable;
import org.springframework.web.ErrorResponse;

/// Tells what answer an exception of a library deserves. A service or module adds beans of it for
/// those that can't extend [ProblemException]; the first that knows the exception decides.
@FunctionalInterface
public interface ProblemMapping {

  /// The answer, or null for an exception this mapping does not know.
  @Nullable ErrorResponse map(Throwable thrown);
}
