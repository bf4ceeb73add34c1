package io.plimsoll.gateway.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceTests {

  private final Service chat =
      new Service(
          "chat",
          "chat",
          List.of("/chat"),
          List.of(URI.create("http://127.0.0.1:1")),
          Set.of(),
          Set.of(),
          List.of(
              new Service.RouteClass("rooms", "/chat/v1/rooms/**"),
              new Service.RouteClass("events", "/chat/v1/rooms/*/events"),
              new Service.RouteClass("me", "/chat/v1/me")));

  @ParameterizedTest
  @CsvSource({
    "/chat/v1/rooms, rooms",
    "/chat/v1/rooms/a, rooms",
    "/chat/v1/rooms/a/messages/1, rooms",
    "/chat/v1/rooms/a/events, events",
    "/chat/v1/rooms/a/events/1, rooms",
    "/chat/v1/rooms/a/eventsx, rooms",
    "/chat/v1/rooms/a/event%73, events",
    "/chat/v1/rooms/%C3%A4/events/, events",
    "/chat/v1/me/, me",
    "/chat/v1/me, me",
    "/chat/v1/me/x, chat",
    "/chat/v1/mex, chat",
    "/chat/v1/m, chat",
    "/chat, chat",
    "/chat/v1/roomsx, chat",
  })
  void aPathIsOfTheClassWhosePatternSaysMostOfIt(String path, String routeClass) {
    assertThat(chat.routeClass(path)).isEqualTo(routeClass);
  }
}
