package io.plimsoll.local;

import io.plimsoll.local.service.Services;
import java.nio.file.Path;
import java.util.List;

/// The commands behind `./platform`. Exit code 0: done; 1: failed; 2: not understood, nothing was
/// done; 3 (`status`): nothing runs.
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    int code;
    try {
      Options options = Options.parse(List.of(arguments));
      Path root = Path.of(System.getProperty("plimsoll.root", "")).toAbsolutePath();
      var launcher = new Launcher(System.getProperty("plimsoll.launcher", "./platform"), root);
      options.data().check();
      var commands = new Commands(options, launcher, System.out);
      code =
          switch (options.command()) {
            case "up" -> commands.up();
            case "down" -> commands.down();
            case "status" -> commands.status();
            case "restart" -> commands.restart();
            case "stop" -> commands.stop();
            case "start" -> commands.start();
            case "kill" -> commands.kill();
            case "prepare" -> {
              Services.prepare(root);
              yield 0;
            }
            case "supervise" -> new Supervision(options, root).run();
            default -> throw new UsageException("there is no command " + options.command());
          };
    } catch (UsageException e) {
      System.err.println("platform: " + e.getMessage());
      code = 2;
    } catch (Throwable e) {
      System.err.println(
          "platform: " + (e instanceof Error || e.getMessage() == null ? e : e.getMessage()));
      code = 1;
    }
    System.exit(code);
  }
}
