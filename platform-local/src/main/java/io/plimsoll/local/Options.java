package io.plimsoll.local;

import io.plimsoll.local.service.ServiceOptions;
import io.plimsoll.local.service.Services;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A command line, taken apart.
///
/// @param operands what is no option: names of processes
/// @param services how the services are started, for `up`
/// @param hint said at the end of `up`
record Options(
    String command,
    DataDirectory data,
    List<String> operands,
    ServiceOptions services,
    boolean json,
    String hint) {

  private static final Set<String> NAMING = Set.of("restart", "stop", "start", "kill");
  private static final Set<String> STARTING = Set.of("up", "supervise");

  static Options parse(List<String> arguments) {
    Iterator<String> rest = arguments.iterator();
    if (!rest.hasNext()) {
      throw new UsageException("a command is missing");
    }
    String command = rest.next();
    Path data = Path.of(".plimsoll");
    var operands = new ArrayList<String>();
    var instances = new HashMap<String, Integer>();
    var environment = new HashMap<String, Map<String, String>>();
    String plan = ServiceOptions.PLAN;
    boolean json = false;
    String hint = "";
    while (rest.hasNext()) {
      String argument = rest.next();
      if (!fits(argument, command)) {
        throw new UsageException(command + " knows no " + argument);
      }
      switch (argument) {
        case "--data" -> data = Path.of(value(argument, rest));
        case "--hint" -> hint = value(argument, rest);
        case "--json" -> json = true;
        case "--plan" -> plan = value(argument, rest);
        case "--instances" -> {
          String[] pair = pair(argument, value(argument, rest), "=");
          instances.put(pair[0], count(pair[1]));
        }
        case "--env" -> {
          String[] service = pair(argument, value(argument, rest), ":");
          String[] variable = pair(argument, service[1], "=");
          environment
              .computeIfAbsent(service[0], _ -> new HashMap<>())
              .put(variable[0], variable[1]);
        }
        default -> operands.add(argument);
      }
    }
    var services = new ServiceOptions(instances, environment, plan);
    Services.refusal(services)
        .ifPresent(
            why -> {
              throw new UsageException(why);
            });
    return new Options(
        command,
        new DataDirectory(data.toAbsolutePath().normalize()),
        List.copyOf(operands),
        services,
        json,
        hint);
  }

  /// Whether an argument, or the option it is, is of this command.
  private static boolean fits(String argument, String command) {
    return switch (argument) {
      case "--data" -> true;
      case "--json" -> command.equals("status");
      case "--hint", "--plan", "--instances", "--env" -> STARTING.contains(command);
      default -> NAMING.contains(command) && !argument.startsWith("-");
    };
  }

  private static String value(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new UsageException(option + " needs a value");
    }
    return rest.next();
  }

  private static String[] pair(String option, String value, String separator) {
    String[] pair = value.split(separator, 2);
    if (pair.length != 2 || pair[0].isEmpty()) {
      throw new UsageException(
          option + " needs a name and a value with " + separator + " between them, not " + value);
    }
    return pair;
  }

  private static int count(String number) {
    try {
      int count = Integer.parseInt(number);
      if (count >= 1 && count <= 9) {
        return count;
      }
    } catch (NumberFormatException _) {
      // refused below
    }
    throw new UsageException("--instances needs a number from 1 to 9, not " + number);
  }
}
