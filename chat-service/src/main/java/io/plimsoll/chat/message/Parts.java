package io.plimsoll.chat.message;

import io.plimsoll.chat.place.Custom;
import io.plimsoll.chat.place.EventData;
import io.plimsoll.chat.place.InvalidBodyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Checks the parts of a message and turns them into the text that is stored, sent and hashed.
@Component
class Parts {

  /// RFC 6838, 4.2: restricted names.
  private static final Pattern TYPE =
      Pattern.compile(
          "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,62}");

  private final EventData data;
  private final MessageLimits limits;

  Parts(EventData data, MessageLimits limits) {
    this.data = data;
    this.limits = limits;
  }

  /// The parts as a JSON array.
  String checked(@Nullable List<@Nullable Part> parts) {
    if (parts == null || parts.isEmpty() || parts.size() > limits.maxParts()) {
      throw new InvalidBodyException("parts", "1 to " + limits.maxParts());
    }
    for (int i = 0; i < parts.size(); i++) {
      check("parts[" + i + "]", parts.get(i));
    }
    String json = data.of(parts);
    if (Custom.utf8Bytes(json) > limits.maxSize().toBytes()) {
      throw new MessageTooLargeException("parts", limits.maxSize());
    }
    return json;
  }

  private void check(String where, @Nullable Part part) {
    if (part == null) {
      throw new InvalidBodyException(where, "{type, content}");
    }
    if (part.type() == null || !TYPE.matcher(part.type()).matches()) {
      throw new InvalidBodyException(
          where + ".type",
          "a media type such as text/plain, without parameters, each half of at most 63 characters");
    }
    if (part.content() == null || part.content().isEmpty()) {
      throw new InvalidBodyException(where + ".content", "text");
    }
    if (Custom.utf8Bytes(part.content()) > limits.maxPart().toBytes()) {
      throw new MessageTooLargeException(where + ".content", limits.maxPart());
    }
  }

  static byte[] hash(String parts) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(parts.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
