package io.plimsoll.service;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.http.codec.json.JacksonJsonDecoder;
import org.springframework.util.MimeType;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.json.JsonMapper;

/// Refuses bodies in anything but UTF-8 ([RFC
/// 8259](https://www.rfc-editor.org/rfc/rfc8259#section-8.1) allows no other), to the letter:
/// Jackson would tell UTF-16 and UTF-32 apart and read them, and reads overlong forms and
/// surrogates in UTF-8 for the characters that they stand for.
final class Utf8JsonDecoder extends JacksonJsonDecoder {

  Utf8JsonDecoder(JsonMapper json) {
    super(json, MediaType.APPLICATION_JSON);
  }

  @Override
  public Object decode(
      DataBuffer body,
      ResolvableType type,
      @Nullable MimeType mimeType,
      @Nullable Map<String, Object> hints) {
    if (!isUtf8(body)) {
      DataBufferUtils.release(body);
      throw new DecodingException(
          "JSON in another encoding", new StreamReadException(null, "not UTF-8"));
    }
    return super.decode(body, type, mimeType, hints);
  }

  /// JSON begins with an ASCII character, so that a zero among the first two bytes is UTF-16 or
  /// UTF-32 without a byte order mark, which would pass for UTF-8.
  private static boolean isUtf8(DataBuffer body) {
    ByteBuffer bytes = ByteBuffer.allocate(body.readableByteCount());
    body.toByteBuffer(bytes);
    for (int i = 0; i < Math.min(2, bytes.limit()); i++) {
      if (bytes.get(i) == 0) {
        return false;
      }
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // replaces nothing
    CharBuffer chars = CharBuffer.allocate(Math.min(1_024, bytes.limit() + 1));
    CoderResult result;
    do {
      result = decoder.decode(bytes, chars.clear(), true);
    } while (result.isOverflow());
    return result.isUnderflow();
  }
}
