package io.plimsoll.gateway.request;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Gives each request an id, the client's own if it is harmless: it goes into logs of every service
/// as it is. Ids tell requests apart and protect nothing, so they need not be unguessable.
public final class RequestIds {

  public static final String HEADER = "X-Request-Id";

  private static final int SHORTEST = 8;
  private static final int LONGEST = 64;

  private RequestIds() {}

  /// The id of a request.
  ///
  /// @param given by the client
  public static String of(@Nullable String given) {
    return given != null && isSane(given) ? given : next();
  }

  /// A new one.
  public static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    byte[] hex = new byte[32];
    write(random.nextLong(), hex, 0);
    write(random.nextLong(), hex, 16);
    return new String(hex, StandardCharsets.ISO_8859_1);
  }

  private static void write(long bits, byte[] hex, int at) {
    for (int i = 0; i < 16; i++) {
      hex[at + i] = (byte) Character.forDigit((int) (bits >>> (4 * i)) & 15, 16);
    }
  }

  private static boolean isSane(String text) {
    if (text.length() < SHORTEST || text.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean sane =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '.'
              || c == '_'
              || c == '-';
      if (!sane) {
        return false;
      }
    }
    return true;
  }
}
