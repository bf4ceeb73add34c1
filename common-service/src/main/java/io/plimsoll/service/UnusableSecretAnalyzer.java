package io.plimsoll.service;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says on start what to do, in place of a stack trace.
final class UnusableSecretAnalyzer extends AbstractFailureAnalyzer<UnusableSecretException> {

  @Override
  protected FailureAnalysis analyze(Throwable failure, UnusableSecretException cause) {
    return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
  }
}
