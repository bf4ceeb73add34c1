package io.plimsoll.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LauncherTests {

  private final Launcher launcher = new Launcher("./platform", Path.of("/clone"));

  private static DataDirectory data(String path) {
    return new DataDirectory(Path.of(path));
  }

  @Test
  void namesTheDataDirectoryUnlessItIsTheUsualOne() {
    assertThat(launcher.line(data("/clone/.plimsoll"), "up")).isEqualTo("./platform up");
    assertThat(launcher.line(data("/tmp/d"), "kill", "chat"))
        .isEqualTo("./platform kill chat --data /tmp/d");
  }

  @Test
  void quotesWhatAShellWouldTakeApart() {
    assertThat(launcher.line(data("/tmp/a b"), "up")).isEqualTo("./platform up --data '/tmp/a b'");
    assertThat(new Launcher("/my clone/platform", Path.of("/my clone")).line(data("/d"), "up"))
        .isEqualTo("'/my clone/platform' up --data /d");
    assertThat(Launcher.quoted("it's $HOME")).isEqualTo("'it'\\''s $HOME'");
    assertThat(Launcher.quoted("")).isEqualTo("''");
  }
}
