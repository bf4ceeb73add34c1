package io.plimsoll.gateway.answer;

/// Carries a [Problem] up a reactive chain. It is an answer, not a fault: it has no stack trace.
public final class ProblemException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  ProblemException(Problem problem) {
    super(problem.cause(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
