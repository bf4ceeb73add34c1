package io.plimsoll.auth;

import static org.assertj.core.api.Assertions.assertThat;

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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Holds what the service answers to its OpenAPI document: every answer that a test gets on the
/// public port goes through here.
final class Documented {

  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNode DOCUMENT = load();

  private Documented() {}

  /// `POST /auth/v1/tickets` and so on.
  static Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : DOCUMENT.path("paths").properties()) {
      for (String method : path.getValue().propertyNames()) {
        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
      }
    }
    return operations;
  }

  static void check(HttpResponse<String> response) {
    String path = response.request().uri().getPath();
    JsonNode methods = DOCUMENT.path("paths").path(path);
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

  private static JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? DOCUMENT.at(reference.asString().substring(1)) : node;
  }

  private static void validate(JsonNode schema, JsonNode value, String what) {
    // references in the schema are relative to the document, so it comes along
    var root = JSON.createObjectNode();
    root.set("components", DOCUMENT.path("components"));
    root.putArray("allOf").add(schema);
    var errors =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(SchemaLocation.of("urn:openapi"), root)
            .validate(value);
    assertThat(errors).as(what).isEmpty();
  }

  private static JsonNode load() {
    try (InputStream document =
        Objects.requireNonNull(Documented.class.getResourceAsStream("/static/auth/openapi.json"))) {
      return JSON.readTree(document.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
