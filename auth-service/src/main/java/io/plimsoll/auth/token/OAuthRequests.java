package io.plimsoll.auth.token;

import io.plimsoll.auth.key.ApiKey;
import io.plimsoll.auth.key.ApiKeys;
import io.plimsoll.auth.key.Authenticated;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;

/// Reads what OAuth endpoints are sent. The client authenticates with HTTP Basic alone: a secret in
/// a body or a URL ends in logs.
@Component
final class OAuthRequests {

  /// Of a request that carries a token: gateways accept 8 KiB of it, and a form has some more.
  static final int MAX_BYTES_WITH_TOKEN = 12 * 1024;

  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(10);

  private final ApiKeys keys;

  OAuthRequests(ApiKeys keys) {
    this.keys = keys;
  }

  /// The request's form.
  ///
  /// @param maxBytes more are refused
  /// @throws OAuthException `invalid_request` for what is none
  static Form form(ServerHttpRequest request, int maxBytes) {
    if (request.getURI().getRawQuery() != null) {
      throw invalid("Parameters belong in the body, not in the query.");
    }
    checkContentType(request.getHeaders());
    return Form.parse(body(request, maxBytes));
  }

  /// The key that authenticates.
  ///
  /// @throws OAuthException `invalid_client` when none does
  ApiKey client(HttpHeaders headers, Form form) {
    BasicCredentials credentials = BasicCredentials.of(headers);
    if (form.get("client_secret").isPresent() || form.get("client_assertion").isPresent()) {
      throw invalid("Authenticate with HTTP Basic alone.");
    }
    if (!form.get("client_id").orElse(credentials.id()).equals(credentials.id())) {
      throw invalid("client_id differs from the client that authenticates.");
    }
    return switch (keys.authenticate(credentials.id(), credentials.secret())) {
      case Authenticated.Accepted(ApiKey key) -> key;
      case Authenticated.Unknown() ->
          throw new OAuthException(OAuthError.INVALID_CLIENT, "The key or its secret is wrong.");
      case Authenticated.Ended(String why) ->
          throw new OAuthException(OAuthError.INVALID_CLIENT, why);
    };
  }

  static OAuthException invalid(String description) {
    return new OAuthException(OAuthError.INVALID_REQUEST, description);
  }

  private static void checkContentType(HttpHeaders headers) {
    MediaType type;
    try {
      type = headers.getContentType();
    } catch (InvalidMediaTypeException e) {
      type = null;
    }
    if (type == null
        || !type.equalsTypeAndSubtype(MediaType.APPLICATION_FORM_URLENCODED)
        || (type.getCharset() != null && !StandardCharsets.UTF_8.equals(type.getCharset()))) {
      throw invalid("The body must be application/x-www-form-urlencoded in UTF-8.");
    }
  }

  /// Read here, because Spring binds no form body to an argument. This is a virtual thread; it may
  /// wait.
  private static byte[] body(ServerHttpRequest request, int maxBytes) {
    byte[] body =
        DataBufferUtils.join(request.getBody(), maxBytes)
            .map(OAuthRequests::drain)
            .timeout(BODY_TIMEOUT)
            .onErrorMap(TimeoutException.class, _ -> invalid("The body did not come in time."))
            .onErrorMap(
                DataBufferLimitException.class,
                _ -> invalid("The body has more than " + maxBytes + " bytes."))
            .block();
    return body == null ? new byte[0] : body;
  }

  private static byte[] drain(DataBuffer buffer) {
    byte[] bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }
}
