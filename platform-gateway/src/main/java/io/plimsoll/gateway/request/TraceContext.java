package io.plimsoll.gateway.request;

import java.util.List;

/// Whether trace context may pass, by <https://www.w3.org/TR/trace-context/>: what is malformed is
/// dropped as if it had not been sent, and a `tracestate` never passes without a `traceparent`.
public final class TraceContext {

  private static final int LENGTH = 55;
  private static final int LONGEST_STATE = 2048;
  private static final int MEMBERS = 32;

  private TraceContext() {}

  /// Whether there is one `traceparent`, and it is well-formed.
  ///
  /// @param parents all values of `traceparent`
  public static boolean isParent(List<String> parents) {
    if (parents.size() != 1) {
      return false;
    }
    String parent = parents.getFirst();
    if (parent.length() < LENGTH
        || parent.charAt(2) != '-'
        || parent.charAt(35) != '-'
        || parent.charAt(52) != '-'
        || !isHex(parent, 0, 2)
        || !isHex(parent, 3, 35)
        || !isHex(parent, 36, 52)
        || !isHex(parent, 53, 55)
        || isZero(parent, 3, 35)
        || isZero(parent, 36, 52)
        || parent.startsWith("ff")) {
      return false;
    }
    // a later version may say more
    return parent.length() == LENGTH || (!parent.startsWith("00") && parent.charAt(LENGTH) == '-');
  }

  /// Whether `tracestate` is well-formed, and no longer than anybody needs.
  ///
  /// @param states all values of `tracestate`
  public static boolean isState(List<String> states) {
    int length = 0;
    int members = 0;
    for (String state : states) {
      length += state.length();
      for (String member : state.split(",", -1)) {
        String pair = member.strip();
        if (!pair.isEmpty()) {
          members++;
          if (pair.indexOf('=') < 1 || !isPrintable(pair)) {
            return false;
          }
        }
      }
    }
    return members > 0 && members <= MEMBERS && length <= LONGEST_STATE;
  }

  private static boolean isPrintable(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }

  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isZero(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }
}
