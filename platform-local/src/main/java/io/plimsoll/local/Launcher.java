package io.plimsoll.local;

import java.nio.file.Path;
import java.util.List;

/// The script as the user called it, for lines that are there to be pasted into a shell.
///
/// @param root the repository, in which the usual data directory lies
record Launcher(String script, Path root) {

  /// The command for a data directory, which is named unless it is the usual one.
  String line(DataDirectory data, String... words) {
    var line = new StringBuilder(quoted(script));
    for (String word : words) {
      line.append(' ').append(quoted(word));
    }
    if (!data.path().equals(root.resolve(".plimsoll"))) {
      line.append(" --data ").append(quoted(data.path().toString()));
    }
    return line.toString();
  }

  /// A word as a shell takes it, in quotes only where it needs some.
  static String quoted(String word) {
    return word.matches("[0-9A-Za-z_./:=@%+,-]+")
        ? word
        : "'" + String.join("'\\''", List.of(word.split("'", -1))) + "'";
  }
}
