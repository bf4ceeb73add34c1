package io.plimsoll.acceptance.smoke;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds SECURITY.md to the sources: each test that it names is there, with its cases. Needs
/// nothing that runs.
class SecurityTests {

  /// A test, and in parentheses behind it the names of its cases.
  private static final Pattern NAMED =
      Pattern.compile("`(\\w+(?:Tests|IT))#(\\w+)`(?: \\(((?:`[^`]+`(?:, )?)+)\\))?");

  private static final Pattern CASE = Pattern.compile("`([^`]+)`");

  @Test
  void everyTestThatIsNamedIsThere() throws IOException {
    Path root = root();
    Map<String, List<String>> tests = tests(root);
    Matcher named = NAMED.matcher(Files.readString(root.resolve("SECURITY.md")));
    List<String> missing = new ArrayList<>();
    int found = 0;
    while (named.find()) {
      String method = named.group(2);
      List<String> sources =
          tests.getOrDefault(named.group(1), List.of()).stream()
              .filter(source -> has(source, method))
              .toList();
      if (sources.isEmpty()) {
        missing.add(named.group(1) + "#" + method);
      }
      found++;
      Matcher cases = CASE.matcher(named.group(3) == null ? "" : named.group(3));
      while (cases.find()) {
        String name = "\"" + cases.group(1) + "\"";
        if (sources.stream().noneMatch(source -> source.contains(name))) {
          missing.add(named.group(1) + "#" + method + " " + name);
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(found).isGreaterThan(50);
  }

  @Test
  void everyRiskOfTheListHasARow() throws IOException {
    String security = Files.readString(root().resolve("SECURITY.md"));
    for (int risk = 1; risk <= 10; risk++) {
      assertThat(security).containsOnlyOnce("\n| API" + risk + " ");
    }
  }

  private static boolean has(String source, String method) {
    return Pattern.compile("\\n  (?:@\\w+\\s+)*void " + method + "\\(").matcher(source).find();
  }

  /// Sources of test classes by simple name, of which two modules may have the same.
  private static Map<String, List<String>> tests(Path root) throws IOException {
    Map<String, List<String>> tests = new HashMap<>();
    try (Stream<Path> modules = Files.list(root)) {
      for (Path sources : modules.map(module -> module.resolve("src/test/java")).toList()) {
        if (Files.isDirectory(sources)) {
          try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                files.filter(path -> path.toString().matches(".*(Tests|IT)\\.java")).toList()) {
              String name = file.getFileName().toString().replace(".java", "");
              tests.computeIfAbsent(name, _ -> new ArrayList<>()).add(Files.readString(file));
            }
          }
        }
      }
    }
    return tests;
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.exists(folder.resolve("SECURITY.md"))) {
      folder = folder.getParent();
    }
    return java.util.Objects.requireNonNull(folder, "no SECURITY.md above this folder");
  }
}
