package io.plimsoll.local.backend;

import io.plimsoll.local.process.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;

/// Runs a command as somebody who is not root, for PostgreSQL refuses to be run by root.
///
/// As anybody else nothing has to be done. As root there are two ways, both of which replace
/// themselves by the command and need no path that others may enter:
/// - a user namespace of its own (`unshare -U`): inside, the process is the overflow user, and so
///   are root's files; to the rest of the machine it is root without any of its capabilities;
/// - where that is forbidden (containers): the user `nobody`, who keeps the one capability to enter
///   root's directories and owns the data.
final class Unprivileged {

  private static final List<String> NAMESPACE = List.of("unshare", "-U");
  private static final List<String> NOBODY =
      List.of(
          "setpriv",
          "--reuid=nobody",
          // its group is named differently from system to system
          "--regid=65534",
          "--clear-groups",
          "--inh-caps=+dac_override",
          "--ambient-caps=+dac_override",
          // access(2), by which initdb looks for its server, would else not count the capability
          "--securebits=+no_setuid_fixup");

  private final List<String> prefix;

  private Unprivileged(List<String> prefix) {
    this.prefix = prefix;
  }

  static Unprivileged here() throws InterruptedException {
    if (!Machine.root()) {
      return new Unprivileged(List.of());
    }
    for (Unprivileged way : List.of(namespace(), nobody())) {
      if (way.works()) {
        return way;
      }
    }
    throw new IllegalStateException(
        "PostgreSQL does not run as root, and neither `unshare -U` nor `setpriv` works here: run"
            + " ./platform as another user");
  }

  static Unprivileged namespace() {
    return new Unprivileged(NAMESPACE);
  }

  static Unprivileged nobody() {
    return new Unprivileged(NOBODY);
  }

  boolean works() throws InterruptedException {
    return Session.onPath(prefix.getFirst()) && succeeds(command(List.of("true")));
  }

  List<String> command(List<String> command) {
    var all = new ArrayList<>(prefix);
    all.addAll(command);
    return List.copyOf(all);
  }

  @Override
  public String toString() {
    return String.join(" ", prefix);
  }

  /// Hands what root made to the user that the command runs as.
  void own(Path directory) throws IOException {
    if (prefix.equals(NOBODY)) {
      UserPrincipal nobody =
          directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
      try (var all = Files.walk(directory)) {
        for (Path path : (Iterable<Path>) all::iterator) {
          Files.setOwner(path, nobody);
        }
      }
    }
  }

  private static boolean succeeds(List<String> command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException _) {
      return false;
    }
  }
}
