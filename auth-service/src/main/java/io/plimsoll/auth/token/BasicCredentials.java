package io.plimsoll.auth.token;

import io.plimsoll.service.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.springframework.http.HttpHeaders;

/// A client's id and secret from HTTP Basic, each form-encoded within ([RFC
/// 6749](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
record BasicCredentials(String id, String secret) {

  private static final String SCHEME = "Basic ";

  /// Id, colon and secret in base64, with room to spare for what is percent-encoded.
  private static final int MAX_LENGTH = 1024;

  /// @throws OAuthException `invalid_client` when there are none or they are malformed
  static BasicCredentials of(HttpHeaders headers) {
    List<String> values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
    if (values.isEmpty()) {
      throw refused("Authenticate with HTTP Basic: the key's id and its secret.");
    }
    String value = values.getFirst();
    if (values.size() > 1
        || value.length() > MAX_LENGTH
        || !value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw malformed();
    }
    String pair = decode(value.substring(SCHEME.length()).strip());
    int colon = pair.indexOf(':');
    if (colon < 1 || colon == pair.length() - 1) {
      throw malformed();
    }
    String id;
    String secret;
    try {
      id = Form.decode(pair.substring(0, colon));
      secret = Form.decode(pair.substring(colon + 1));
    } catch (OAuthException e) {
      throw malformed();
    }
    if (!Ids.valid(id)) {
      throw malformed(); // U+0000, for one, can't even be looked up
    }
    return new BasicCredentials(id, secret);
  }

  private static String decode(String base64) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(Base64.getDecoder().decode(base64)))
          .toString();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw malformed();
    }
  }

  private static OAuthException malformed() {
    return refused("The Authorization header is not well-formed HTTP Basic.");
  }

  private static OAuthException refused(String description) {
    return new OAuthException(OAuthError.INVALID_CLIENT, description);
  }

  /// Records print their components; this one must not.
  @Override
  public String toString() {
    return "BasicCredentials[…]";
  }
}
