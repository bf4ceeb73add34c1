package io.plimsoll.auth.token;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The parameters of a token request, read to the letter: each at most once, in valid percent
/// encoding and UTF-8. One without a value counts as absent ([RFC
/// 6749](https://www.rfc-editor.org/rfc/rfc6749#section-3.2)).
///
/// Spring's own reader joins duplicates and replaces what is no UTF-8.
final class Form {

  private static final int MAX_PARAMETERS = 32;

  private final Map<String, String> values;

  private Form(Map<String, String> values) {
    this.values = values;
  }

  /// @throws OAuthException `invalid_request` for what is malformed
  static Form parse(byte[] body) {
    Map<String, String> values = new HashMap<>();
    int parameters = 0;
    int start = 0;
    while (start < body.length) {
      int end = indexOf(body, '&', start, body.length);
      if (end > start) {
        if (++parameters > MAX_PARAMETERS) {
          throw malformed("more than " + MAX_PARAMETERS + " parameters");
        }
        int equals = indexOf(body, '=', start, end);
        String name = decode(body, start, equals);
        String value = equals == end ? "" : decode(body, equals + 1, end);
        if (values.put(name, value) != null) {
          throw malformed("a parameter twice");
        }
      }
      start = end + 1;
    }
    return new Form(values);
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
  }

  /// @throws OAuthException `invalid_request` when it is absent
  String need(String name) {
    return get(name)
        .orElseThrow(
            () ->
                new OAuthException(
                    OAuthError.INVALID_REQUEST, "The parameter " + name + " is missing."));
  }

  /// One form-encoded value.
  static String decode(String encoded) {
    byte[] bytes = encoded.getBytes(StandardCharsets.UTF_8);
    return decode(bytes, 0, bytes.length);
  }

  private static String decode(byte[] body, int start, int end) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(end - start);
    for (int i = start; i < end; i++) {
      switch (body[i]) {
        case '+' -> bytes.write(' ');
        case '%' -> {
          if (i + 2 >= end) {
            throw malformed("a percent sign without two digits");
          }
          int high = Character.digit(body[i + 1], 16);
          int low = Character.digit(body[i + 2], 16);
          if (high < 0 || low < 0) {
            throw malformed("a percent sign without two digits");
          }
          bytes.write(high << 4 | low);
          i += 2;
        }
        default -> bytes.write(body[i]);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed("invalid UTF-8");
    }
  }

  private static int indexOf(byte[] body, char wanted, int start, int end) {
    for (int i = start; i < end; i++) {
      if (body[i] == wanted) {
        return i;
      }
    }
    return end;
  }

  private static OAuthException malformed(String fault) {
    return new OAuthException(OAuthError.INVALID_REQUEST, "The form has " + fault + ".");
  }
}
