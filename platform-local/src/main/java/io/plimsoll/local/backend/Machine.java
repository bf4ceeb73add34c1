package io.plimsoll.local.backend;

import com.sun.security.auth.module.UnixSystem;
import java.util.Locale;

/// What decides which binaries fit this machine, and how they may be run.
record Machine(boolean mac, boolean arm) {

  static Machine here() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean mac = system.startsWith("mac");
    boolean arm = arch.equals("aarch64");
    boolean intel = arch.equals("amd64") || arch.equals("x86_64");
    if ((!mac && !system.equals("linux")) || (!arm && !intel)) {
      throw new IllegalStateException(
          "no embedded PostgreSQL and Redis for "
              + system
              + " on "
              + arch
              + ": Linux and macOS on x86-64 and arm64 have them");
    }
    return new Machine(mac, arm);
  }

  static boolean root() {
    return new UnixSystem().getUid() == 0;
  }

  String postgresArchive() {
    return "/postgres-" + (mac ? "darwin" : "linux") + (arm ? "-arm_64" : "-x86_64") + ".txz";
  }

  String redisExecutable() {
    return "/redis-server-7.0.15-" + (mac ? "darwin" : "linux") + (arm ? "-arm64" : "-amd64");
  }
}
