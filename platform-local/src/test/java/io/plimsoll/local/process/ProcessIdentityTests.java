package io.plimsoll.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessIdentityTests {

  private static ProcessIdentity self() {
    return ProcessIdentity.of(ProcessHandle.current().pid()).orElseThrow();
  }

  @Test
  void isAliveWhileItsProcessIs() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
    assertThat(identity.alive()).isTrue();
    assertThat(ProcessIdentity.of(process.pid())).contains(identity);

    identity.signal(Signal.KILL);

    assertThat(process.waitFor()).isEqualTo(128 + 9);
    assertThat(identity.alive()).isFalse();
  }

  @Test
  void isNotAnotherProcessOfTheSameId() {
    assertThat(new ProcessIdentity(self().pid(), self().start() + "0").alive()).isFalse();
  }

  @Test
  void sendsNoSignalToAnotherProcessOfTheSameId() {
    new ProcessIdentity(self().pid(), self().start() + "0").signal(Signal.KILL);

    assertThat(self().alive()).isTrue();
  }

  /// The shell starts a child and becomes `sleep`, which never asks what became of it.
  @Test
  @EnabledOnOs(OS.LINUX)
  void isDeadAsAZombie() throws IOException {
    Process parent = new ProcessBuilder("sh", "-c", "sleep 0.3 & echo $!; exec sleep 60").start();
    try {
      long child = Long.parseLong(parent.inputReader().readLine());
      ProcessIdentity identity = ProcessIdentity.of(child).orElseThrow();

      await().until(() -> !identity.alive());

      assertThat(ProcessHandle.of(child)).as("still in the table").isPresent();
    } finally {
      parent.destroyForcibly();
    }
  }
}
