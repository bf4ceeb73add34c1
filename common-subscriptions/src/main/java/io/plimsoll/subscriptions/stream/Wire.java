package io.plimsoll.subscriptions.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.feed.Frame;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// The bytes of an event stream, each write as one HTTP/1.1 chunk (RFC 9112, 7.1).
///
/// The Durable Streams client reads each payload from one `data:` line without a space after the
/// colon; `EventSource` takes its position from `id:`.
final class Wire {

  /// Room for a chunk's size, eight hexadecimal digits: leading zeros are legal.
  private static final int SIZE_DIGITS = 8;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = ascii("event: data\ndata:[");
  private static final byte[] ID = ascii("]\nid:");
  private static final byte[] CONTROL = ascii("event: control\ndata:{\"streamNextOffset\":\"");

  /// Protocol: cursors are the number of a 20 s interval since 2024-10-09T00:00:00Z.
  private static final long CURSOR_EPOCH = Instant.parse("2024-10-09T00:00:00Z").getEpochSecond();

  private static final int CURSOR_INTERVAL = 20;

  static final ByteBuf HEARTBEAT = constant(":\n\n");
  static final ByteBuf LAST_CHUNK =
      Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(ascii("0\r\n\r\n")));

  private Wire() {}

  private static ByteBuf constant(String text) {
    return Unpooled.unreleasableBuffer(chunk(Unpooled.directBuffer(), text));
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /// The cursor to answer to the one a client sent: never at or below it, so that caches on the way
  /// cannot go round in circles.
  static long cursor(long clients, long epochSecond) {
    long now = (epochSecond - CURSOR_EPOCH) / CURSOR_INTERVAL;
    return clients < now
        ? now
        : clients + ThreadLocalRandom.current().nextLong(1, 3_600) / CURSOR_INTERVAL + 1;
  }

  /// Frames as one `data` event and one `control` event.
  static ByteBuf events(
      ByteBufAllocator allocator, List<Frame> frames, int count, long cursor, boolean atHead) {
    int size = 256;
    for (int i = 0; i < count; i++) {
      size += frames.get(i).json().length + 1;
    }
    ByteBuf out = begin(allocator.directBuffer(size));
    out.writeBytes(DATA);
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.writeByte(',');
      }
      out.writeBytes(frames.get(i).json());
    }
    byte[] position = ascii(frames.get(count - 1).position().toString());
    out.writeBytes(ID).writeBytes(position).writeByte('\n').writeByte('\n');
    control(out, position, cursor, atHead);
    return end(out);
  }

  /// A `control` event alone.
  static ByteBuf control(
      ByteBufAllocator allocator, Position position, long cursor, boolean atHead) {
    ByteBuf out = begin(allocator.directBuffer(192));
    control(out, ascii(position.toString()), cursor, atHead);
    return end(out);
  }

  private static void control(ByteBuf out, byte[] position, long cursor, boolean atHead) {
    out.writeBytes(CONTROL).writeBytes(position).writeBytes(ascii("\",\"streamCursor\":\""));
    out.writeBytes(ascii(Long.toString(cursor)));
    out.writeBytes(ascii(atHead ? "\",\"upToDate\":true}\nid:" : "\"}\nid:"));
    out.writeBytes(position).writeByte('\n').writeByte('\n');
  }

  /// Any text as one chunk.
  static ByteBuf chunk(ByteBuf out, String text) {
    begin(out).writeCharSequence(text, StandardCharsets.UTF_8);
    return end(out);
  }

  static String end(Ending ending) {
    return "event: end\ndata:{\"reason\":\""
        + ending.reason()
        + "\",\"reconnect\":"
        + ending.reconnect()
        + "}\n\n";
  }

  static String reset(String reason) {
    return "event: reset\ndata:{\"reason\":\"" + reason + "\"}\n\n";
  }

  static String snapshot(Position position, String data) {
    return "event: snapshot\ndata:" + snapshotJson(position, data) + "\nid:" + position + "\n\n";
  }

  static String snapshotJson(Position position, String data) {
    return "{\"position\":\"" + position + "\",\"data\":" + data + "}";
  }

  static String ephemeral(String type, Instant time, String data) {
    return "event: ephemeral\ndata:{\"type\":\""
        + type
        + "\",\"time\":\""
        + time
        + "\",\"data\":"
        + data
        + "}\n\n";
  }

  private static ByteBuf begin(ByteBuf out) {
    return out.writeZero(SIZE_DIGITS).writeByte('\r').writeByte('\n');
  }

  private static ByteBuf end(ByteBuf out) {
    int size = out.readableBytes() - SIZE_DIGITS - 2;
    for (int i = 0; i < SIZE_DIGITS; i++) {
      out.setByte(out.readerIndex() + i, HEX[(size >>> (4 * (SIZE_DIGITS - 1 - i))) & 0xf]);
    }
    return out.writeByte('\r').writeByte('\n');
  }
}
