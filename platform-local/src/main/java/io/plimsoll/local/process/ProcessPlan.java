package io.plimsoll.local.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// How one process is run.
///
/// @param name what it is called on the command line and in file names
/// @param port where it serves; kept over all its lives
/// @param internalPort its management port, 0 when it has none
/// @param fingerprint says what the plan amounts to: a process found running under another one is
///   not adopted but started anew
/// @param launch asked before every start, for what it does and returns may depend on what the last
///   life left behind
/// @param environment added to what is inherited
/// @param ready whether it serves
/// @param stop the signal that asks it to end cleanly
/// @param patience how long it may take over that before it is killed
public record ProcessPlan(
    String name,
    int port,
    int internalPort,
    String fingerprint,
    Launch launch,
    Map<String, String> environment,
    Path log,
    Probe ready,
    Signal stop,
    Duration patience) {

  /// Prepares a start and returns the command.
  @FunctionalInterface
  public interface Launch {
    List<String> command() throws Exception;
  }

  public ProcessPlan {
    environment = Map.copyOf(environment);
  }
}
