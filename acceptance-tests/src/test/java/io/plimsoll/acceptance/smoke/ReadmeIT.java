package io.plimsoll.acceptance.smoke;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plimsoll.acceptance.platform.LocalPlatform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The lines of the README, pasted into a shell.
class ReadmeIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern ID = Pattern.compile("(?m)^id:(\\S+)$");

  @TempDir Path tree;

  private final LocalPlatform platform = LocalPlatform.shared();
  private final List<Process> started = new ArrayList<>();

  /// What the README's lines see of a tree whose platform is up.
  @BeforeEach
  void tree() throws IOException {
    Files.createSymbolicLink(tree.resolve(".plimsoll"), platform.data());
    Path script = tree.resolve("platform");
    Files.writeString(
        script,
        "#!/bin/sh\nexec '%s' \"$@\" --data '%s'\n".formatted(platform.script(), platform.data()));
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  @AfterEach
  void stop() {
    started.forEach(
        process -> {
          process.descendants().forEach(ProcessHandle::destroy);
          process.destroy();
        });
  }

  /// The indented blocks under a heading.
  private List<String> blocks(String heading) throws IOException {
    String readme = Files.readString(platform.script().resolveSibling("README.md"));
    int start = readme.indexOf("\n## " + heading + "\n");
    assertThat(start).as(heading).isNotNegative();
    int end = readme.indexOf("\n## ", start + 1);
    List<String> blocks = new ArrayList<>();
    for (String paragraph : readme.substring(start, end).split("\n\n", -1)) {
      if (!paragraph.isBlank() && paragraph.lines().allMatch(line -> line.startsWith("    "))) {
        blocks.add(paragraph.lines().map(String::strip).collect(Collectors.joining("\n")));
      }
    }
    return blocks;
  }

  private Process paste(String lines, Path output) throws IOException {
    Process shell =
        new ProcessBuilder("bash", "-e", "-c", lines)
            .directory(tree.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    started.add(shell);
    return shell;
  }

  private String run(String lines) throws IOException, InterruptedException {
    Path output = Files.createTempFile(tree, "pasted", ".out");
    Process shell = paste(lines, output);
    assertThat(shell.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(lines).isTrue();
    String text = Files.readString(output);
    assertThat(shell.exitValue()).as(lines + "\n" + text).isZero();
    return text;
  }

  private static String lastId(String stream) {
    return ID.matcher(stream).results().reduce((_, last) -> last).orElseThrow().group(1);
  }

  private static long count(String text, String part) {
    return Pattern.compile(part, Pattern.LITERAL).matcher(text).results().count();
  }

  @Test
  void itsLinesWorkAsWritten() throws Exception {
    List<String> blocks = blocks("Try it");
    assertThat(blocks).hasSize(4);
    assertThat(blocks.getFirst()).isEqualTo("./platform up");
    String follow = blocks.get(1);
    String say = blocks.get(2);
    String comeBack = blocks.get(3);

    Path first = tree.resolve("first.out");
    Process curl = paste(follow, first);
    await().atMost(PATIENCE).until(() -> Files.readString(first).contains("event: control"));
    assertThat(run(say)).contains("\"content\":\"hello\"");
    await().atMost(PATIENCE).until(() -> Files.readString(first).contains("hello"));
    curl.descendants().forEach(ProcessHandle::destroy);
    curl.destroy();
    String seen = Files.readString(first);

    assertThat(comeBack).contains("<id>").contains("token --user ann");
    // within the same second the clientId would be the same
    assertThat(run(say.replace("date +%s", "date +%s%N").replace("hello", "more")))
        .contains("\"content\":\"more\"");
    Path second = tree.resolve("second.out");
    paste(
        ". .plimsoll/demo.env\n" + comeBack.replace("<id>", Matcher.quoteReplacement(lastId(seen))),
        second);
    await().atMost(PATIENCE).until(() -> Files.readString(second).contains("more"));

    assertThat(count(seen, "\"content\":\"hello\"")).isEqualTo(1);
    assertThat(Files.readString(second)).doesNotContain("hello");
    assertThat(count(Files.readString(second), "\"content\":\"more\"")).isEqualTo(1);
  }

  @Test
  void theFrontDoorsLinesWorkAsWritten() throws Exception {
    List<String> blocks = blocks("Tokens, limits, revocation");
    assertThat(blocks).hasSize(5);
    Files.writeString(tree.resolve("Token.java"), java("Tokens, limits, revocation"));
    String inJava =
        "[ \"$(curl -s -o /dev/null -w '%{http_code}' -H \"Authorization: Bearer"
            + " $("
            + Path.of(System.getProperty("java.home"), "bin", "java")
            + " Token.java \"$KEY_ID\" acme.pem zoe)\" \"$PLIMSOLL_URL/chat/v1/rooms\")\" = 200 ]";
    String said =
        run(
            String.join(
                "\n",
                blocks.get(0),
                blocks.get(1),
                inJava,
                blocks.get(2),
                // the stream has begun before the token is revoked
                "until grep -q control stream.txt; do sleep 0.1; done",
                blocks.get(3),
                blocks.get(4)));
    assertThat(said)
        .containsPattern("(?m) [0-9]+ HTTP/1.1 200$")
        .containsPattern("(?m) [0-9]+ HTTP/1.1 429$")
        .containsPattern("(?m)^HTTP/1.1 429")
        .containsPattern("(?i)retry-after: [1-9]")
        .containsPattern("(?i)ratelimit-policy: \"user\"")
        .contains("\"reason\":\"token_revoked\",\"reconnect\":false")
        .contains("urn:plimsoll:problem:revoked");
  }

  private String java(String heading) throws IOException {
    String readme = Files.readString(platform.script().resolveSibling("README.md"));
    int start = readme.indexOf("```java\n", readme.indexOf("\n## " + heading + "\n")) + 8;
    return readme.substring(start, readme.indexOf("```", start));
  }

  @Test
  void theLauncherPrintsNothingButAToken() throws Exception {
    assertThat(run("./platform token --user ann --scope chat:read").strip())
        .matches("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
  }
}
