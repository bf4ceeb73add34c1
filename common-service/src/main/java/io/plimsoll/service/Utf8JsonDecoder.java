package io.plimsoll.service;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.codec.json.JacksonJsonDecoder;
import org.springframework.util.MimeType;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.json.JsonMapper;

/// Refuses bodies in UTF-16 and UTF-32, which Jackson would tell apart and read: the gateway and
/// the bounds count bytes of UTF-8 ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259#section-8.1)
/// allows no other).
///
/// JSON begins with an ASCII character, so in UTF-8 neither of the first two bytes is zero; nor is
/// one of them 0xFE or 0xFF, of which byte order marks are made.
final class Utf8JsonDecoder extends JacksonJsonDecoder {

  Utf8JsonDecoder(JsonMapper json) {
    super(json);
  }

  @Override
  public Object decode(
      DataBuffer body,
      ResolvableType type,
      @Nullable MimeType mimeType,
      @Nullable Map<String, Object> hints) {
    for (int i = 0; i < Math.min(2, body.readableByteCount()); i++) {
      byte b = body.getByte(body.readPosition() + i);
      if (b == 0 || b == (byte) 0xFE || b == (byte) 0xFF) {
        DataBufferUtils.release(body);
        throw new DecodingException(
            "JSON in another encoding", new StreamReadException(null, "not UTF-8"));
      }
    }
    return super.decode(body, type, mimeType, hints);
  }
}
