package io.plimsoll.gateway.service;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.springframework.web.util.UriUtils;

/// A product behind the gateway.
///
/// @param name also its route's id and the `service` of metrics and logs
/// @param audience `aud` of the internal tokens made for it
/// @param paths prefixes that are its own, whole segments: `/chat` is `/chat` and `/chat/…`
/// @param upstreams base URLs of its instances
/// @param publicPaths exact paths open to anyone, with no token
/// @param clientPaths exact paths that get HTTP Basic and no token
/// @param classes its route classes, as limits and usage know them
public record Service(
    String name,
    String audience,
    List<String> paths,
    List<URI> upstreams,
    Set<String> publicPaths,
    Set<String> clientPaths,
    List<RouteClass> classes) {

  /// Requests that are limited and counted together.
  ///
  /// @param pattern a path in which `*` stands for one segment and `**`, at its end, for any number
  public record RouteClass(String name, String pattern) {

    boolean matches(String path) {
      int at = 0;
      int from = 0;
      while (at < pattern.length()) {
        int end = segmentEnd(pattern, at);
        if (pattern.startsWith("/**", at) && end == at + 3) {
          return true;
        }
        if (from >= path.length()) {
          return false;
        }
        int to = segmentEnd(path, from);
        boolean any = end == at + 2 && pattern.charAt(at + 1) == '*' && to > from + 1;
        if (!any && (end - at != to - from || !pattern.regionMatches(at, path, from, to - from))) {
          return false;
        }
        at = end;
        from = to;
      }
      return from == path.length();
    }

    /// Of two patterns that match a path the one that says more of it counts.
    int literals() {
      return (int) pattern.chars().filter(c -> c != '*').count();
    }

    private static int segmentEnd(String path, int slash) {
      int end = path.indexOf('/', slash + 1);
      return end < 0 ? path.length() : end;
    }
  }

  public Service {
    paths = List.copyOf(paths);
    BaseUrls.check("plimsoll.gateway.services." + name + ".upstreams", upstreams);
    upstreams = List.copyOf(upstreams);
    publicPaths = Set.copyOf(publicPaths);
    clientPaths = Set.copyOf(clientPaths);
    classes =
        classes.stream()
            .sorted(
                Comparator.comparingInt(RouteClass::literals)
                    .reversed()
                    .thenComparing(RouteClass::name))
            .toList();
  }

  /// What a request must show at a path of this service.
  public Credentials credentials(String path) {
    if (clientPaths.contains(path)) {
      return Credentials.CLIENT;
    }
    return publicPaths.contains(path) ? Credentials.NONE : Credentials.TOKEN;
  }

  /// The class that a path belongs to: the service's name, unless a pattern says otherwise.
  ///
  /// Paths that services take for the same are of the same class: escapes are decoded (those of
  /// slashes and dots were refused before), and a slash at the end makes no difference.
  public String routeClass(String path) {
    String read = path.indexOf('%') < 0 ? path : UriUtils.decode(path, StandardCharsets.UTF_8);
    if (read.length() > 1 && read.endsWith("/")) {
      read = read.substring(0, read.length() - 1);
    }
    for (RouteClass routeClass : classes) {
      if (routeClass.matches(read)) {
        return routeClass.name();
      }
    }
    return name;
  }
}
