package io.plimsoll.gateway.service;

import java.net.URI;
import java.util.List;
import java.util.Set;

/// A product behind the gateway.
///
/// @param name also its route's id and the `service` of metrics and logs
/// @param audience `aud` of the internal tokens made for it
/// @param paths prefixes that are its own, whole segments: `/chat` is `/chat` and `/chat/…`
/// @param upstreams base URLs of its instances
/// @param publicPaths exact paths open to anyone, with no token
/// @param clientPaths exact paths that get HTTP Basic and no token
public record Service(
    String name,
    String audience,
    List<String> paths,
    List<URI> upstreams,
    Set<String> publicPaths,
    Set<String> clientPaths) {

  public Service {
    paths = List.copyOf(paths);
    upstreams = List.copyOf(upstreams);
    publicPaths = Set.copyOf(publicPaths);
    clientPaths = Set.copyOf(clientPaths);
  }

  /// What a request must show at a path of this service.
  public Credentials credentials(String path) {
    if (clientPaths.contains(path)) {
      return Credentials.CLIENT;
    }
    return publicPaths.contains(path) ? Credentials.NONE : Credentials.TOKEN;
  }

  boolean owns(String path) {
    for (String prefix : paths) {
      if (path.startsWith(prefix)
          && (path.length() == prefix.length() || path.charAt(prefix.length()) == '/')) {
        return true;
      }
    }
    return false;
  }
}
