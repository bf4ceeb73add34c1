package io.plimsoll.local.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PortsTests {

  private static final int USUAL = 17_080;

  @TempDir private Path directory;

  private Ports ports() {
    return new Ports(directory.resolve("ports"), directory.resolve("locks"));
  }

  @Test
  void passesATakenPortOverAndKeepsToTheOtherLater() throws IOException {
    int usual = ports().pick("gateway", USUAL, 0);
    int other;
    try (var _ = new ServerSocket(usual, 1, InetAddress.getLoopbackAddress())) {
      Ports ports = ports();
      other = ports.pick("gateway", usual, 0);
      ports.keep();
    }

    assertThat(other).isGreaterThan(usual).isLessThan(32_000);
    assertThat(ports().pick("gateway", usual, 0)).isEqualTo(other);
  }

  @Test
  void passesAPortOverThatSomebodyTookOnAllAddresses() throws IOException {
    int usual = ports().pick("gateway", USUAL, 0);
    try (var _ = new ServerSocket(usual)) {
      assertThat(ports().pick("gateway", usual, 0)).isNotEqualTo(usual);
    }
  }

  @Test
  void givesNoPortTwice() {
    Ports ports = ports();

    assertThat(ports.pick("chat", USUAL, 0)).isNotEqualTo(ports.pick("chat-2", USUAL, 0));
  }

  @Test
  void leavesARunningProcessItsPort() throws IOException {
    int usual = ports().pick("gateway", USUAL, 0);
    try (var _ = new ServerSocket(usual, 1, InetAddress.getLoopbackAddress())) {
      assertThat(ports().pick("gateway", USUAL, usual)).isEqualTo(usual);
    }
  }

  @Test
  void passesAPortOverThatAnotherPlatformPickedButDoesNotUseYet() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OtherPlatform.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      int picked = Integer.parseInt(other.inputReader().readLine());

      assertThat(ports().pick("gateway", picked, 0)).isNotEqualTo(picked);
      other.destroyForcibly().waitFor();
      assertThat(ports().pick("gateway", picked, 0)).isEqualTo(picked);
    } finally {
      other.destroyForcibly();
    }
  }

  static final class OtherPlatform {

    private OtherPlatform() {}

    public static void main(String[] arguments) throws InterruptedException {
      Path directory = Path.of(arguments[0]);
      var ports = new Ports(directory.resolve("other-ports"), directory.resolve("locks"));
      System.out.println(ports.pick("gateway", USUAL, 0));
      Thread.currentThread().join();
    }
  }
}
