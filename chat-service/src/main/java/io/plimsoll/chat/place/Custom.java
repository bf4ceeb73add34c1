package io.plimsoll.chat.place;

import java.util.Map;
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
    check(custom);
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

  /// What everybody can read back as it was: no U+0000, no number beyond a double.
  private static void check(JsonNode node) {
    if (node.isString() && node.asString().indexOf(0) >= 0) {
      throw new InvalidBodyException("custom", "text without U+0000");
    }
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw new InvalidBodyException("custom", "numbers that a double can hold");
    }
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (member.getKey().indexOf(0) >= 0) {
        throw new InvalidBodyException("custom", "names without U+0000");
      }
      check(member.getValue());
    }
    if (node.isArray()) {
      node.forEach(Custom::check);
    }
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
