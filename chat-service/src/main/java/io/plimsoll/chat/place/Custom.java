package io.plimsoll.chat.place;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Data of the tenant's own that we keep and never read: a JSON object of bounded size.
@Component
public final class Custom {

  private final JsonMapper json;
  private final CustomLimits limits;

  Custom(JsonMapper json, CustomLimits limits) {
    this.json = json;
    this.limits = limits;
  }

  /// The object as text; null if it is absent or JSON's `null`.
  public @Nullable String checked(@Nullable JsonNode custom) {
    if (custom == null || custom.isNull() || custom.isMissingNode()) {
      return null;
    }
    if (!custom.isObject()) {
      throw new InvalidBodyException("custom", "a JSON object");
    }
    String text = json.writeValueAsString(custom);
    long bytes = utf8Bytes(text);
    if (bytes < 0) {
      throw new InvalidBodyException("custom", "text without lone surrogates");
    }
    if (bytes > limits.maxSize().toBytes()) {
      throw new InvalidBodyException("custom", "at most " + limits.maxSize().toBytes() + " bytes");
    }
    return text;
  }

  /// How many bytes the text takes; -1 for text that UTF-8 can't hold.
  public static long utf8Bytes(String text) {
    long bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
      } else if (i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        return -1;
      }
    }
    return bytes;
  }
}
