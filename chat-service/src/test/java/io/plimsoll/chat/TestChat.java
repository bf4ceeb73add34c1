package io.plimsoll.chat;

import io.plimsoll.service.TestTokens;
import io.plimsoll.subscriptions.TestBackends;
import io.plimsoll.subscriptions.TestDatabase;
import io.plimsoll.subscriptions.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/// Chat-service on a database of its own, as one or more nodes in this JVM, over HTTP.
final class TestChat implements AutoCloseable {

  private final TestDatabase database = TestBackends.freshDatabase(new String[0]);
  private final Map<String, Object> properties = new TreeMap<>();
  private final List<ConfigurableApplicationContext> nodes = new ArrayList<>();

  /// Chat on the JVM's Redis.
  static TestChat start(String... properties) {
    return start(1, TestBackends.redis(), properties);
  }

  static TestChat start(int nodes, TestServer redis, String... properties) {
    TestChat chat = new TestChat();
    chat.properties.put("server.port", 0);
    chat.properties.put("management.server.port", 0);
    chat.properties.put("spring.datasource.url", chat.database.url());
    chat.properties.put("spring.datasource.username", chat.database.username());
    chat.properties.put("spring.datasource.password", chat.database.password());
    chat.properties.put("spring.data.redis.host", redis.host());
    chat.properties.put("spring.data.redis.port", redis.port());
    chat.properties.put("plimsoll.internal.jwks", TestTokens.jwks());
    chat.properties.put("plimsoll.subscriptions.stream.drain", "100ms");
    chat.properties.put("spring.main.banner-mode", "off");
    for (String property : properties) {
      chat.properties.put(
          property.substring(0, property.indexOf('=')),
          property.substring(property.indexOf('=') + 1));
    }
    for (int i = 0; i < nodes; i++) {
      chat.addNode();
    }
    return chat;
  }

  int addNode() {
    // as arguments, which outrank application.yml
    nodes.add(
        new SpringApplicationBuilder(ChatApplication.class)
            .registerShutdownHook(false)
            .run(
                properties.entrySet().stream()
                    .map(property -> "--" + property.getKey() + "=" + property.getValue())
                    .toArray(String[]::new)));
    return nodes.size() - 1;
  }

  TestDatabase database() {
    return database;
  }

  ConfigurableApplicationContext context(int node) {
    return nodes.get(node);
  }

  int port(int node) {
    return Integer.parseInt(
        String.valueOf(nodes.get(node).getEnvironment().getProperty("local.server.port")));
  }

  int managementPort(int node) {
    return Integer.parseInt(
        String.valueOf(nodes.get(node).getEnvironment().getProperty("local.management.port")));
  }

  /// A user of a tenant, on the first node.
  Client user(String tenant, String user) {
    return user(0, tenant, user);
  }

  Client user(int node, String tenant, String user) {
    return new Client(port(node), TestTokens.user("chat", tenant, user, "chat:read", "chat:write"));
  }

  /// A tenant's own backend, on the first node.
  Client tenant(String tenant) {
    return new Client(port(0), TestTokens.tenant("chat", tenant, "chat:read", "chat:write"));
  }

  @Override
  public void close() {
    nodes.reversed().forEach(ConfigurableApplicationContext::close);
  }
}
