package io.plimsoll.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.plimsoll.subscriptions.TopicStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.reactive.result.method.RequestMappingInfo;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;

/// The document names every operation and no other, and the README every cause of an error. That
/// each request that is taken, each answer and each frame of a stream is as documented is checked
/// by [Client] and [Stream] in every test.
class OpenApiIT {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d{3}) \\| (.*?) \\|");
  private static final Pattern CAUSE = Pattern.compile("`([a-z0-9_-]+)`");

  /// Problems of any service at any path.
  private static final Set<String> EVERYWHERE =
      Set.of("405 method-not-allowed", "406 not-acceptable", "500 internal");

  private static TestChat chat;

  @BeforeAll
  static void start() {
    chat = TestChat.start();
  }

  @AfterAll
  static void stop() {
    chat.close();
  }

  @Test
  void namesEveryOperationAndNoOther() {
    Set<String> served = new TreeSet<>();
    chat.context(0)
        .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
        .getHandlerMethods()
        .forEach((mapping, method) -> served.addAll(operations(mapping, method)));
    served.add("GET /chat/openapi.json"); // a file, not a controller
    assertThat(Client.DOCUMENT.operations()).isEqualTo(served);
  }

  private static Set<String> operations(RequestMappingInfo mapping, HandlerMethod handler) {
    Set<String> operations = new TreeSet<>();
    for (var method : mapping.getMethodsCondition().getMethods()) {
      for (var path : mapping.getPatternsCondition().getPatterns()) {
        operations.add(method + " " + path);
        if (handler.getMethod().getReturnType().equals(TopicStream.class)) {
          operations.add("HEAD " + path); // part of the protocol of streams
        }
      }
    }
    return operations;
  }

  @Test
  void isServedToEveryone() {
    Client.Answer document = new Client(chat.port(0), null).get("/chat/openapi.json").is(200);
    assertThat(document.header("Content-Type")).isEqualTo("application/json");
    assertThat(document.header("Cache-Control")).isEqualTo("no-cache");
    assertThat(document.json().path("openapi").asString()).isEqualTo("3.1.0");
  }

  @Test
  void namesTheSameProblemsAsTheReadme() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String errors = readme.substring(readme.indexOf("## Errors"), readme.indexOf("## Metrics"));
    Set<String> explained = new TreeSet<>();
    ROW.matcher(errors)
        .results()
        .forEach(
            row ->
                CAUSE
                    .matcher(row.group(2))
                    .results()
                    .forEach(cause -> explained.add(row.group(1) + " " + cause.group(1))));
    Set<String> documented = new TreeSet<>(Client.DOCUMENT.problems());
    documented.addAll(EVERYWHERE);
    assertThat(explained).isEqualTo(documented);
  }
}
