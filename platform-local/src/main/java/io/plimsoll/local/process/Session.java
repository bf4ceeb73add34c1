package io.plimsoll.local.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Detaches a command from the terminal's process group, so that Ctrl-C there reaches the
/// supervisor alone, which ends things in order. The process id stays that of the started process:
/// both ways replace themselves by the command.
public final class Session {

  private static final List<String> WRAPPER = wrapper();

  private Session() {}

  public static List<String> ofItsOwn(List<String> command) {
    var all = new ArrayList<>(WRAPPER);
    all.addAll(command);
    return List.copyOf(all);
  }

  /// Takes out of the inherited environment what configures services: it would else leak into them.
  public static void forgetConfiguration(ProcessBuilder builder) {
    builder.environment().keySet().removeIf(Session::configures);
  }

  private static boolean configures(String variable) {
    String upper = variable.toUpperCase(Locale.ROOT);
    return upper.startsWith("PLIMSOLL_")
        || upper.startsWith("SPRING_")
        || upper.startsWith("SERVER_")
        || upper.startsWith("MANAGEMENT_")
        || upper.startsWith("PG");
  }

  private static List<String> wrapper() {
    if (onPath("setsid")) {
      return List.of("setsid");
    }
    if (onPath("perl")) { // macOS has no setsid
      return List.of("perl", "-MPOSIX", "-e", "POSIX::setsid(); exec { $ARGV[0] } @ARGV or die $!");
    }
    return List.of();
  }

  /// Whether the machine has a program.
  public static boolean onPath(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }
}
