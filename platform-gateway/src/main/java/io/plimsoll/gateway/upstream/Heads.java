package io.plimsoll.gateway.upstream;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.util.AsciiString;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.request.RequestIds;
import io.plimsoll.gateway.request.TraceContext;
import io.plimsoll.gateway.service.Credentials;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Which headers pass, in both directions.
///
/// Towards the service: what a customer could use to say who or where he is does not. What the
/// service is to believe is set here.
final class Heads {

  /// RFC 9110, section 7.6.1, and those that stand for them in practice.
  private static final FieldNames HOP_BY_HOP =
      FieldNames.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private static final FieldNames NOT_TO_SERVICES =
      HOP_BY_HOP.and(
          "host",
          "content-length", // how long a body is, only he says who sends it on
          "expect",
          "authorization",
          "cookie",
          "cookie2",
          "forwarded",
          "via",
          "x-host",
          "x-real-ip",
          "x-realip",
          "x-originating-ip",
          "proxy", // CGI's HTTP_PROXY
          "x-cluster-client-ip",
          "true-client-ip",
          "cf-connecting-ip",
          "client-ip",
          "x-authorization",
          "x-access-token",
          "x-credential-identifier",
          "x-identity",
          "x-subject",
          "x-principal",
          "x-email",
          "x-role*",
          "x-group*",
          "x-sub",
          "x-scope*",
          "x-token",
          "x-jwt*",
          "x-id-token",
          "x-request-id",
          "x-plimsoll*",
          "x-forward*",
          "x-original*",
          "x-rewrite-*",
          "x-http-method*",
          "x-method-*",
          "x-http2-*",
          // by which proxies and identity providers name callers, addresses and certificates
          "remote-*",
          "x-remote*",
          "x-auth",
          "x-auth-*",
          "x-authenticated*",
          "x-user*",
          "x-tenant*",
          "x-client",
          "x-client-*",
          "x-proxy-user",
          "x-impersonate*",
          "client-cert*", // RFC 9440
          "x-consumer*",
          "impersonate*",
          "x-ssl-*",
          "ssl-*",
          "x-webauth-*",
          "x-envoy-*",
          "x-arr-*",
          "x-ms-client-*",
          "x-ms-token-*",
          "x-azure-*",
          "x-amzn-oidc-*",
          "x-apigateway-api-userinfo",
          "x-endpoint-api-userinfo",
          "oidc-*",
          "x-goog-authenticated-*",
          "x-goog-iap-*",
          "cf-access-*",
          "fastly-*");

  /// Of answers: each gateway's own are set by itself.
  private static final FieldNames NOT_TO_CLIENTS =
      HOP_BY_HOP.and("x-request-id", "server", "via", "access-control-*");

  private static final String PARENT = "traceparent";
  private static final String STATE = "tracestate";
  private static final FieldNames TRACE = FieldNames.of(PARENT, STATE);

  /// What passes was checked when it was decoded.
  private static final HttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  private Heads() {}

  /// The head that a service gets.
  static HttpHeaders toService(Call call, String host) {
    HttpHeaders incoming = call.headers();
    Set<String> named = named(incoming);
    HttpHeaders outgoing = HEADERS.newHeaders();
    outgoing.set(HttpHeaderNames.HOST, host);
    Iterator<Map.Entry<CharSequence, CharSequence>> all = incoming.iteratorCharSequence();
    boolean traced = false;
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (TRACE.contain(name)) {
        traced = true;
      } else if (!NOT_TO_SERVICES.contain(name) && !isNamed(named, name)) {
        outgoing.add(name, header.getValue());
      }
    }
    if (traced) {
      trace(incoming, outgoing);
    }
    if (call.asksForStream()) {
      // where a frame ends could not be seen in another
      outgoing.set(HttpHeaderNames.ACCEPT_ENCODING, HttpHeaderValues.IDENTITY);
    }
    AsciiString internal = call.authorization();
    if (internal != null) {
      outgoing.set(HttpHeaderNames.AUTHORIZATION, internal);
    } else if (call.credentials() == Credentials.CLIENT) {
      List<String> authorization = incoming.getAll(HttpHeaderNames.AUTHORIZATION);
      if (authorization.size() == 1
          && authorization.getFirst().toLowerCase(Locale.ROOT).startsWith("basic ")) {
        outgoing.set(HttpHeaderNames.AUTHORIZATION, authorization.getFirst());
      }
    }
    outgoing.set(RequestIds.HEADER, call.id());
    return outgoing;
  }

  private static void trace(HttpHeaders incoming, HttpHeaders outgoing) {
    List<String> parents = incoming.getAll(PARENT);
    if (TraceContext.isParent(parents)) {
      outgoing.set(PARENT, parents.getFirst());
      List<String> states = incoming.getAll(STATE);
      if (TraceContext.isState(states)) {
        outgoing.set(STATE, states);
      }
    }
  }

  /// Adds what a client gets of a service's head.
  static void toClient(HttpHeaders incoming, HttpHeaders outgoing) {
    Set<String> named = named(incoming);
    Iterator<Map.Entry<CharSequence, CharSequence>> all = incoming.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (!NOT_TO_CLIENTS.contain(name) && !isNamed(named, name)) {
        outgoing.add(name, header.getValue());
      }
    }
  }

  private static boolean isNamed(Set<String> named, CharSequence name) {
    return !named.isEmpty() && named.contains(FieldNames.read(name.toString()));
  }

  /// What `Connection` names is for this hop only.
  private static Set<String> named(HttpHeaders headers) {
    List<String> connection = headers.getAll(HttpHeaderNames.CONNECTION);
    if (connection.isEmpty() || (connection.size() == 1 && isUsual(connection.getFirst()))) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (String value : connection) {
      for (String name : value.split(",", -1)) {
        names.add(FieldNames.read(name.strip()));
      }
    }
    // where a message ends is no option of a connection
    names.remove("content-length");
    return names;
  }

  /// What nearly every head says, and names no header that passes.
  private static boolean isUsual(String connection) {
    return connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
  }
}
