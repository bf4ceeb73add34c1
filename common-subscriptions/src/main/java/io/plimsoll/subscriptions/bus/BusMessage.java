package io.plimsoll.subscriptions.bus;

import io.plimsoll.subscriptions.Event;
import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What travels on a [Bus]: one byte of kind, then big-endian fields; a text is its length in bytes
/// (int) and UTF-8.
///
/// ```text
/// 1, then per event: offset long, tag long, previousTag long, epoch second long, nano int,
///                    type text, redacted offsets (count int, longs), data text
/// 3, origin long, epoch second long, nano int, kind of topic text, its key text, type text, data text
/// ```
public sealed interface BusMessage {

  /// Events of one append, in order.
  record Stored(List<StoredEvent> events) implements BusMessage {

    public Stored {
      events = List.copyOf(events);
    }
  }

  /// An event that is not stored.
  ///
  /// @param origin random number of the node that sent it, which has delivered it already
  record Ephemeral(long origin, Topic topic, String type, Instant time, String data)
      implements BusMessage {}

  default byte[] encode() {
    return switch (this) {
      case Stored(List<StoredEvent> events) -> encode(events);
      case Ephemeral(long origin, Topic topic, String type, Instant time, String data) -> {
        List<byte[]> texts =
            Stream.of(topic.kind(), topic.key(), type, data).map(BusMessage::utf8).toList();
        int size = texts.stream().mapToInt(text -> 4 + text.length).sum();
        ByteBuffer out = ByteBuffer.allocate(1 + 8 + 12 + size);
        out.put((byte) 3).putLong(origin).putLong(time.getEpochSecond()).putInt(time.getNano());
        texts.forEach(text -> text(out, text));
        yield out.array();
      }
    };
  }

  private static byte[] encode(List<StoredEvent> events) {
    List<byte[]> texts = new ArrayList<>(2 * events.size());
    int size = 1;
    for (StoredEvent stored : events) {
      byte[] type = utf8(stored.event().type());
      byte[] data = utf8(stored.event().data());
      texts.add(type);
      texts.add(data);
      size += 48 + type.length + 8 * stored.redacts().size() + data.length;
    }
    ByteBuffer out = ByteBuffer.allocate(size).put((byte) 1);
    for (int i = 0; i < events.size(); i++) {
      StoredEvent stored = events.get(i);
      Instant time = stored.event().time();
      out.putLong(stored.offset()).putLong(stored.tag()).putLong(stored.previousTag());
      out.putLong(time.getEpochSecond()).putInt(time.getNano());
      text(out, texts.get(2 * i));
      out.putInt(stored.redacts().size());
      stored.redacts().forEach(out::putLong);
      text(out, texts.get(2 * i + 1));
    }
    return out.array();
  }

  /// Reads a message; empty if it is none, for whoever reaches the bus can write to it.
  static Optional<BusMessage> decode(byte[] message) {
    try {
      ByteBuffer in = ByteBuffer.wrap(message);
      return switch (in.get()) {
        case 1 -> Optional.of(events(in));
        case 3 -> {
          long origin = in.getLong();
          Instant time = instant(in);
          Topic topic = new Topic(text(in), text(in));
          String type = text(in);
          yield Optional.of(new Ephemeral(origin, topic, type, time, text(in)));
        }
        default -> Optional.empty();
      };
    } catch (BufferUnderflowException | DateTimeException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Stored events(ByteBuffer in) {
    List<StoredEvent> events = new ArrayList<>();
    while (in.hasRemaining()) {
      Position position = new Position(in.getLong(), in.getLong());
      long previousTag = in.getLong();
      Instant time = instant(in);
      String type = text(in);
      int count = length(in, Long.BYTES);
      List<Long> redacts = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        redacts.add(in.getLong());
      }
      events.add(new StoredEvent(new Event(position, type, time, text(in)), previousTag, redacts));
    }
    return new Stored(events);
  }

  private static Instant instant(ByteBuffer in) {
    return Instant.ofEpochSecond(in.getLong(), in.getInt());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer text(ByteBuffer out, byte[] text) {
    return out.putInt(text.length).put(text);
  }

  private static String text(ByteBuffer in) {
    byte[] text = new byte[length(in, 1)];
    in.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  /// A count that the rest of the message can hold, so that a bad one allocates nothing.
  private static int length(ByteBuffer in, int each) {
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / each) {
      throw new IllegalArgumentException("count: " + count);
    }
    return count;
  }
}
