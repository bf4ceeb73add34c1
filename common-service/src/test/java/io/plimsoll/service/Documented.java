package io.plimsoll.service;

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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Holds a service to its OpenAPI document: the service's tests send every answer that they get,
/// and every body that was taken, through here.
public final class Documented {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern CAUSE = Pattern.compile("`(?:urn:plimsoll:problem:)?([a-z0-9_-]+)`");

  private final JsonNode document;
  private final JsonNode paths;
  private final boolean nullIsAbsent;
  private final Map<JsonNode, Schema> schemas = new ConcurrentHashMap<>();

  /// @param resource the document's name on the class path
  /// @param nullIsAbsent whether, as it says, a body's member that is null counts as absent
  public Documented(String resource, boolean nullIsAbsent) {
    try (InputStream in = Objects.requireNonNull(Documented.class.getResourceAsStream(resource))) {
      this.document = JSON.readTree(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.paths = document.path("paths");
    this.nullIsAbsent = nullIsAbsent;
  }

  /// `POST /chat/v1/rooms` and so on.
  public Set<String> operations() {
    Set<String> operations = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      for (String method : path.getValue().propertyNames()) {
        operations.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey());
      }
    }
    return operations;
  }

  /// What the controllers of a service's context serve, in the same form.
  public static Set<String> served(ApplicationContext context) {
    return context
        .getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class)
        .getHandlerMethods()
        .keySet()
        .stream()
        .flatMap(
            mapping ->
                mapping.getMethodsCondition().getMethods().stream()
                    .flatMap(
                        method ->
                            mapping.getPatternsCondition().getPatterns().stream()
                                .map(path -> method + " " + path)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// `POST /chat/v1/rooms` for such a request; empty for one that is not documented.
  public Optional<String> operation(String method, String path) {
    String template = template(path.replaceFirst("\\?.*", ""));
    return template == null || !paths.path(template).has(method.toLowerCase(Locale.ROOT))
        ? Optional.empty()
        : Optional.of(method + " " + template);
  }

  /// Causes of problems, each with its status: `404 unknown-room`.
  public Set<String> problems() {
    Set<String> problems = new TreeSet<>();
    for (JsonNode path : paths) {
      for (JsonNode operation : path) {
        for (var response : operation.path("responses").properties()) {
          if (response.getKey().compareTo("400") >= 0) {
            for (String cause : causes(resolve(response.getValue()))) {
              problems.add(response.getKey() + " " + cause);
            }
          }
        }
      }
    }
    return problems;
  }

  private static Set<String> causes(JsonNode response) {
    return CAUSE
        .matcher(response.path("description").asString())
        .results()
        .map(cause -> cause.group(1))
        .collect(Collectors.toSet());
  }

  /// An answer at a path of the document is as it says there; at others the tests say themselves
  /// what they expect.
  public void check(HttpResponse<String> response) {
    String path = template(response.request().uri().getRawPath());
    if (path == null) {
      return;
    }
    String method = response.request().method().toLowerCase(Locale.ROOT);
    String status = String.valueOf(response.statusCode());
    String what = method + " " + path + " " + status + " " + response.body();
    JsonNode operation = paths.path(path).path(method);
    if (operation.isMissingNode()) {
      assertThat(response.statusCode()).as("undocumented: %s", what).isIn(400, 401, 403, 404, 405);
      return;
    }
    if (status.equals("406") && !operation.path("responses").has(status)) {
      return; // at any path, as the document's description says
    }
    JsonNode documented = resolve(operation.path("responses").path(status));
    assertThat(documented.isMissingNode()).as("undocumented: %s", what).isFalse();
    for (Map.Entry<String, JsonNode> header : documented.path("headers").properties()) {
      String value = response.headers().firstValue(header.getKey()).orElse(null);
      assertThat(value).as("header %s of %s", header.getKey(), what).isNotNull();
      validate(resolve(header.getValue()).path("schema"), JSON.valueToTree(value), what);
    }
    if (!documented.has("content")) {
      assertThat(response.body()).as(what).isEmpty();
      return;
    }
    String contentType = response.headers().firstValue("Content-Type").orElse("");
    JsonNode content = documented.path("content").path(contentType.replaceFirst(";.*", ""));
    assertThat(content.isMissingNode()).as("type %s: %s", contentType, what).isFalse();
    JsonNode body = JSON.readTree(response.body());
    validate(content.path("schema"), body, what);
    if (contentType.startsWith("application/problem+json")) {
      String cause = body.path("type").asString().replace("urn:plimsoll:problem:", "");
      assertThat(causes(documented)).as(what).contains(cause);
    }
  }

  /// A body that the service took must be one that the document permits.
  public void checkTaken(String method, String path, String body) {
    String template = Objects.requireNonNull(template(path.replaceFirst("\\?.*", "")));
    JsonNode operation = paths.path(template).path(method.toLowerCase(Locale.ROOT));
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    assertThat(schema.isMissingNode()).as("%s %s takes a body", method, path).isFalse();
    JsonNode taken = JSON.readTree(body);
    if (nullIsAbsent && taken instanceof ObjectNode members) {
      members.removeIf(JsonNode::isNull);
    }
    validate(schema, taken, method + " " + path + " took " + body);
  }

  /// A value of one of the document's schemas.
  public void check(String schema, JsonNode value) {
    validate(
        JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema),
        value,
        schema + " " + value);
  }

  private @Nullable String template(String path) {
    for (String template : paths.propertyNames()) {
      if (path.matches(template.replaceAll("\\{[a-zA-Z]+}", "[^/]+"))) {
        return template;
      }
    }
    return null;
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
}
