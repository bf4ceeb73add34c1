package io.plimsoll.acceptance.traffic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads an event stream as the HTML standard says (section 9.2.6), in bytes: data is not decoded.
///
/// An event that the end of the stream cuts off is discarded; an id counts from its event's
/// dispatch on, also where the event has no data.
public final class EventStream {

  private final HttpStream in;
  private final Pace pace;
  private byte[] bytes = new byte[16 << 10];
  private int start;
  private int end;
  private byte[] data = new byte[4 << 10];
  private int dataLength;
  private boolean hasData;
  private String type = "";
  private @Nullable String idSeen;
  private @Nullable String lastEventId;
  private long retryMillis = -1;
  private long comments;

  /// Told what was read, may wait: what is not read fills the sockets.
  @FunctionalInterface
  public interface Pace {
    void read(int bytes) throws IOException;
  }

  public EventStream(HttpStream in, Pace pace) {
    this.in = in;
    this.pace = pace;
  }

  /// Waits for the next event.
  ///
  /// @return false at the end of the stream
  public boolean next() throws IOException {
    type = "";
    dataLength = 0;
    hasData = false;
    idSeen = null;
    while (true) {
      int lineEnd = lineEnd();
      if (lineEnd < 0) {
        return false;
      }
      if (lineEnd == start) {
        start = lineEnd + 1;
        if (idSeen != null) {
          lastEventId = idSeen;
        }
        if (hasData) {
          return true;
        }
        type = "";
        continue;
      }
      field(start, lineEnd > start && bytes[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd);
      start = lineEnd + 1;
    }
  }

  public String type() {
    return type.isEmpty() ? "message" : type;
  }

  /// The data, valid until the next call to [#next].
  public byte[] data() {
    return data;
  }

  public int dataLength() {
    return dataLength;
  }

  public String dataText() {
    return new String(data, 0, dataLength, StandardCharsets.UTF_8);
  }

  /// The id that this very event carried.
  public @Nullable String id() {
    return idSeen;
  }

  public @Nullable String lastEventId() {
    return lastEventId;
  }

  /// -1 if none was told.
  public long retryMillis() {
    return retryMillis;
  }

  public long comments() {
    return comments;
  }

  private void field(int from, int to) {
    if (from == to) {
      return; // of `\r\n`: the caller sees the blank line
    }
    int colon = from;
    while (colon < to && bytes[colon] != ':') {
      colon++;
    }
    if (colon == from) {
      comments++;
      return;
    }
    int value = Math.min(to, colon + 1);
    if (value < to && bytes[value] == ' ') {
      value++;
    }
    switch (text(from, colon)) {
      case "event" -> type = text(value, to);
      case "data" -> appendData(value, to);
      case "id" -> idSeen = text(value, to);
      case "retry" -> {
        String millis = text(value, to);
        if (millis.matches("[0-9]{1,9}")) {
          retryMillis = Long.parseLong(millis);
        }
      }
      default -> {
        // unknown fields are ignored
      }
    }
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private void appendData(int from, int to) {
    int length = to - from;
    int needed = dataLength + length + 1;
    if (needed > data.length) {
      data = Arrays.copyOf(data, Math.max(needed, 2 * data.length));
    }
    if (hasData) {
      data[dataLength++] = '\n';
    }
    System.arraycopy(bytes, from, data, dataLength, length);
    dataLength += length;
    hasData = true;
  }

  /// The index of the next `\n`; a lone `\r` is not a line end here, for the platform writes none.
  private int lineEnd() throws IOException {
    int at = start;
    while (true) {
      for (; at < end; at++) {
        if (bytes[at] == '\n') {
          return blank(at) ? mergeBlank(at) : at;
        }
      }
      if (start > 0) {
        System.arraycopy(bytes, start, bytes, 0, end - start);
        at -= start;
        end -= start;
        start = 0;
      }
      if (end == bytes.length) {
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
      }
      int count = in.read(bytes, end, bytes.length - end);
      if (count < 0) {
        return -1;
      }
      end += count;
      pace.read(count);
    }
  }

  private boolean blank(int at) {
    return at == start + 1 && bytes[start] == '\r';
  }

  private int mergeBlank(int at) {
    start = at;
    return at;
  }
}
