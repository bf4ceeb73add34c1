package io.plimsoll.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Holds what the service answers to its OpenAPI document: every answer that a test gets and every
/// frame of its streams goes through here.
final class Documented {

  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNode DOCUMENT = load();
  private static final JsonNode PATHS = DOCUMENT.path("paths");
  private static final Map<JsonNode, Schema> SCHEMAS = new ConcurrentHashMap<>();
  private static final Pattern CAUSE = Pattern.compile("`([a-z0-9_-]+)`");

  private Documented() {}

  /// `POST /chat/v1/rooms` and so on.
  static Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : PATHS.properties()) {
      for (String method : path.getValue().propertyNames()) {
        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
      }
    }
    return operations;
  }

  /// `POST /chat/v1/rooms` for such a request; empty for one that is not documented.
  static Optional<String> operation(String method, String path) {
    String template = template(path.replaceFirst("\\?.*", ""));
    return template == null || !PATHS.path(template).has(method.toLowerCase(Locale.ROOT))
        ? Optional.empty()
        : Optional.of(method + " " + template);
  }

  /// Causes of problems, each with its status: `404 unknown-room`.
  static Set<String> problems() {
    Set<String> problems = new TreeSet<>();
    for (JsonNode path : PATHS) {
      for (JsonNode operation : path) {
        for (var response : operation.path("responses").properties()) {
          if (response.getKey().compareTo("400") >= 0) {
            CAUSE
                .matcher(response.getValue().path("description").asString())
                .results()
                .forEach(cause -> problems.add(response.getKey() + " " + cause.group(1)));
          }
        }
      }
    }
    return problems;
  }

  /// A body that the service took must be one that the document permits.
  static void checkTaken(String method, String path, String body) {
    JsonNode operation =
        PATHS
            .path(Objects.requireNonNull(template(path.replaceFirst("\\?.*", ""))))
            .path(method.toLowerCase(Locale.ROOT));
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    assertThat(schema.isMissingNode()).as("%s %s takes a body", method, path).isFalse();
    validate(schema, JSON.readTree(body), method + " " + path + " took " + body);
  }

  static void check(HttpResponse<String> response) {
    String path = template(response.request().uri().getRawPath());
    String method = response.request().method().toLowerCase(Locale.ROOT);
    if (path == null || !PATHS.path(path).has(method)) {
      assertThat(response.statusCode()).as(response + " is documented").isIn(400, 401, 404, 405);
      return;
    }
    JsonNode operation = PATHS.path(path).path(method);
    String status = String.valueOf(response.statusCode());
    if (response.statusCode() == 405 || response.statusCode() == 406) {
      return; // as the document's description says of any path
    }
    JsonNode documented = operation.path("responses").path(status);
    String what = method + " " + path + " " + status + " " + response.body();
    assertThat(documented.isMissingNode()).as("undocumented: %s", what).isFalse();
    for (Map.Entry<String, JsonNode> header : documented.path("headers").properties()) {
      String value = response.headers().firstValue(header.getKey()).orElse(null);
      assertThat(value).as("header %s of %s", header.getKey(), what).isNotNull();
      validate(header.getValue().path("schema"), JSON.valueToTree(value), what);
    }
    if (documented.has("content")) {
      String contentType = response.headers().firstValue("Content-Type").orElse("");
      JsonNode content = documented.path("content").path(contentType.replaceFirst(";.*", ""));
      assertThat(content.isMissingNode()).as("type %s: %s", contentType, what).isFalse();
      JsonNode body = JSON.readTree(response.body());
      validate(content.path("schema"), body, what);
      if (status.compareTo("400") >= 0) {
        String cause = body.path("type").asString().replace("urn:plimsoll:problem:", "");
        assertThat(documented.path("description").asString()).as(what).contains("`" + cause + "`");
      }
    } else {
      assertThat(response.body()).as(what).isEmpty();
    }
  }

  static void check(Stream.Frame frame) {
    switch (frame.event()) {
      case "data" -> frame.data().forEach(event -> validate("Event", event));
      case "ephemeral" -> validate("EphemeralEvent", frame.data());
      case "snapshot" -> validate("Snapshot", frame.data());
      case "end" -> validate("End", frame.data());
      default -> assertThat(frame.event()).isIn("control", "reset");
    }
  }

  static void validate(String schema, JsonNode value) {
    validate(
        JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema),
        value,
        schema + " " + value);
  }

  private static @Nullable String template(String path) {
    for (String template : PATHS.propertyNames()) {
      if (path.matches(template.replaceAll("\\{[a-z]+}", "[^/]+"))) {
        return template;
      }
    }
    return null;
  }

  private static void validate(JsonNode schema, JsonNode value, String what) {
    var errors = SCHEMAS.computeIfAbsent(schema, Documented::compile).validate(value);
    assertThat(errors).as(what).isEmpty();
  }

  private static Schema compile(JsonNode schema) {
    // references in the schema are relative to the document, so it comes along
    ObjectNode root = JSON.createObjectNode();
    root.set("components", DOCUMENT.path("components"));
    root.putArray("allOf").add(schema);
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(SchemaLocation.of("urn:openapi"), root);
  }

  private static JsonNode load() {
    try (InputStream document =
        Objects.requireNonNull(Documented.class.getResourceAsStream("/static/chat/openapi.json"))) {
      return JSON.readTree(document.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
