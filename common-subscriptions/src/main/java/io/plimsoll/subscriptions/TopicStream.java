package io.plimsoll.subscriptions;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a controller method returns for a topic's URL (GET, which serves HEAD too) once it has
/// authorized the request. The module reads the protocol's parameters from the request and answers:
/// a catch-up page, a long poll, an event stream, a snapshot, or a problem.
///
/// ```java
/// @GetMapping("/rooms/{room}/events")
/// TopicStream events(Caller caller, @PathVariable String room) {
///   return TopicStream.of(rooms.readable(caller, room).topic(), caller.name(), caller.authExpiry());
/// }
/// ```
///
/// @param topic the topic to serve
/// @param subscriber who reads, as [StreamRules] and [StreamListener] know them; 1 to 300
///   characters
/// @param until when the caller's authentication ends, and with it an open stream
///   (`token_expired`); null for never
/// @param entered what is done once the request is known not to be refused, before it is answered;
///   null for nothing
public record TopicStream(
    Topic topic, String subscriber, @Nullable Instant until, @Nullable Runnable entered) {

  public static TopicStream of(Topic topic, String subscriber, @Nullable Instant until) {
    return new TopicStream(topic, subscriber, until, null);
  }

  /// The same, which does this once its parameters are read, its position is verified and its place
  /// taken: never for a request that is refused. May block; if it throws, the request fails.
  public TopicStream onceEntered(Runnable action) {
    return new TopicStream(topic, subscriber, until, action);
  }

  /// Does it.
  ///
  /// @return the same without it, for what stays
  public TopicStream enter() {
    if (entered != null) {
      entered.run();
    }
    return of(topic, subscriber, until);
  }
}
