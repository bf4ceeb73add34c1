package io.plimsoll.ratelimit.access;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says on start what to do, in place of a stack trace.
final class UnusableTokensAnalyzer extends AbstractFailureAnalyzer<UnusableTokensException> {

  @Override
  protected FailureAnalysis analyze(Throwable failure, UnusableTokensException cause) {
    return new FailureAnalysis(
        String.valueOf(cause.getMessage()),
        "Point plimsoll.ratelimit.admin-tokens at a file (file:/path) of one or two lines, each a"
            + " token of at least 32 printable ASCII bytes.",
        cause);
  }
}
