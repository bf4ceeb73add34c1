package io.plimsoll.acceptance.traffic;

import java.net.URI;
import java.util.function.Supplier;

/// Where a topic is read, and with whose token.
///
/// @param base of the gateway
/// @param path of the topic
/// @param token asked for before each request, so that it may be renewed
public record TopicUrl(URI base, String path, Supplier<String> token) {

  String target(String query) {
    return query.isEmpty() ? path : path + "?" + query;
  }

  URI uri(String query) {
    return base.resolve(target(query));
  }
}
