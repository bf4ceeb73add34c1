package io.plimsoll.gateway.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServicesTests {

  private static Service service(String name, String... paths) {
    return open(name, Set.of(), paths);
  }

  private static Service open(String name, Set<String> publicPaths, String... paths) {
    return service(name, List.of(paths), "http://127.0.0.1:1", publicPaths, Set.of());
  }

  private static Service service(
      String name, List<String> paths, String upstream, Set<String> open, Set<String> client) {
    return new Service(name, name, paths, List.of(URI.create(upstream)), open, client, List.of());
  }

  private final Services services =
      new Services(List.of(service("chat", "/chat", "/rooms"), service("search", "/chat/search")));

  @ParameterizedTest
  @CsvSource({
    "/chat, chat",
    "/chat/v1, chat",
    "/rooms/x, chat",
    "/chat/search, search",
    "/chat/search/x, search",
    "/chat/searches, chat",
    "/chats,",
    "/,"
  })
  void theLongestPrefixSaysWhoseAPathIs(String path, String name) {
    Service found = services.at(path);
    assertThat(found == null ? null : found.name()).isEqualTo(name);
  }

  @Test
  void aPrefixIsOfOneServiceAlone() {
    List<Service> both = List.of(service("chat", "/chat"), service("talk", "/talk", "/chat"));
    assertThatThrownBy(() -> new Services(both))
        .hasMessageContaining("services.talk.path")
        .hasMessageContaining("'/chat'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/openapi.json", "/chatter", "chat/open", "/chat/search/open"})
  void whatAServiceOpensIsItsOwn(String path) {
    List<Service> all =
        List.of(open("chat", Set.of(path), "/chat"), service("search", "/chat/search"));
    assertThatThrownBy(() -> new Services(all))
        .hasMessageContaining("services.chat.public-paths")
        .hasMessageContaining("'" + path + "'");
  }

  @Test
  void aPathIsNotOpenInTwoWays() {
    Set<String> paths = Set.of("/chat/token");
    List<Service> all =
        List.of(service("chat", List.of("/chat"), "http://127.0.0.1:1", paths, paths));
    assertThatThrownBy(() -> new Services(all)).hasMessageContaining("services.chat.client-paths");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://127.0.0.1:1",
        "localhost:19001",
        "http://my_host:1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://u:p@127.0.0.1:1",
        "http://127.0.0.1:1/?a=b",
        "http://127.0.0.1:1/#x",
        "/chat"
      })
  void anUpstreamIsABaseUrl(String upstream) {
    assertThatThrownBy(() -> service("chat", List.of("/chat"), upstream, Set.of(), Set.of()))
        .hasMessageContaining("services.chat.upstreams");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://[::1]:1", "https://chat.example", "http://127.0.0.1:65535/v1/"})
  void aBaseUrlMayHaveAPrefixAndNoPort(String upstream) {
    assertThat(
            new Services(List.of(service("chat", List.of("/chat"), upstream, Set.of(), Set.of())))
                .at("/chat"))
        .isNotNull();
  }
}
