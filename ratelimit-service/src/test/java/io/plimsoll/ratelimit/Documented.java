package io.plimsoll.ratelimit;

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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Holds what the admin API answers to its OpenAPI document: every answer that a test gets of it
/// goes through here.
final class Documented {

  private static final JsonMapper JSON = new JsonMapper();

  static final Documented ADMIN = new Documented("/io/plimsoll/ratelimit/admin-openapi.json");

  private final JsonNode document;
  private final JsonNode paths;
  private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();

  private Documented(String resource) {
    this.document = load(resource);
    this.paths = document.path("paths");
  }

  /// `PUT /admin/v1/policies/{id}` and so on.
  Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      for (String method : path.getValue().propertyNames()) {
        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
      }
    }
    return operations;
  }

  void check(HttpResponse<String> response) {
    String path = response.request().uri().getRawPath();
    JsonNode methods = paths.path(template(path));
    if (methods.isMissingNode()) {
      return; // not ours: a test of what is answered there says so
    }
    String method = response.request().method().toLowerCase(Locale.ROOT);
    // a method that is not documented is refused as the documented one says
    JsonNode operation =
        methods.has(method) ? methods.get(method) : methods.values().iterator().next();
    String status = String.valueOf(response.statusCode());
    JsonNode documented = resolve(operation.path("responses").path(status));
    String what = method + " " + path + " " + status + " " + response.body();
    assertThat(documented.isMissingNode()).as("undocumented: %s", what).isFalse();
    for (Map.Entry<String, JsonNode> header : documented.path("headers").properties()) {
      JsonNode schema = resolve(header.getValue()).path("schema");
      String value = response.headers().firstValue(header.getKey()).orElse(null);
      assertThat(value).as("header %s of %s", header.getKey(), what).isNotNull();
      validate(schema, JSON.valueToTree(value), what);
    }
    if (!documented.has("content")) {
      assertThat(response.body()).as(what).isEmpty();
      return;
    }
    String contentType = response.headers().firstValue("Content-Type").orElse("");
    String type = contentType.replaceFirst(";.*", "");
    JsonNode content = documented.path("content").path(type);
    assertThat(content.isMissingNode()).as("undocumented type %s: %s", type, what).isFalse();
    validate(content.path("schema"), JSON.readTree(response.body()), what);
  }

  /// A body that the service took must be one that the document permits; a member that is null
  /// counts as absent.
  void checkTaken(String method, String path, String body) {
    JsonNode operation = paths.path(template(path)).path(method.toLowerCase(Locale.ROOT));
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    assertThat(schema.isMissingNode()).as("%s %s takes a body", method, path).isFalse();
    JsonNode taken = JSON.readTree(body);
    if (taken instanceof ObjectNode members) {
      members.removeIf(JsonNode::isNull);
    }
    validate(schema, taken, method + " " + path + " took " + body);
  }

  private String template(String path) {
    for (String template : paths.propertyNames()) {
      if (path.matches(template.replaceAll("\\{[a-z]+}", "[^/]+"))) {
        return template;
      }
    }
    return "";
  }

  private JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? document.at(reference.asString().substring(1)) : node;
  }

  private void validate(JsonNode schema, JsonNode value, String what) {
    assertThat(schemas.computeIfAbsent(schema, this::compile).validate(value)).as(what).isEmpty();
  }

  private Schema compile(JsonNode schema) {
    // references in the schema are relative to the document, so it comes along
    ObjectNode root = JSON.createObjectNode();
    root.set("components", document.path("components"));
    root.putArray("allOf").add(schema);
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(SchemaLocation.of("urn:openapi"), root);
  }

  private static JsonNode load(String resource) {
    try (InputStream document =
        Objects.requireNonNull(Documented.class.getResourceAsStream(resource))) {
      return JSON.readTree(document.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
