package io.plimsoll.subscriptions;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A place in a topic: just after the event with this offset and tag.
///
/// Written `<offset>_<tag>`, 16 decimal digits and 12 hexadecimal ones, so that positions of one
/// topic sort as strings. Clients treat the text as opaque.
///
/// @param offset number of the last event seen, 0 before the first; at most 2^53 - 1, so that
///   JavaScript can hold it
/// @param tag the 48 random bits that were stored with that event
public record Position(long offset, long tag) implements Comparable<Position> {

  static final long MAX_OFFSET = (1L << 53) - 1;
  static final long MAX_TAG = (1L << 48) - 1;

  private static final Pattern TEXT = Pattern.compile("([0-9]{16})_([0-9a-f]{12})");

  public Position {
    if (offset < 0 || offset > MAX_OFFSET) {
      throw new IllegalArgumentException("offset: " + offset + " (expected: 0 to 2^53 - 1)");
    }
    if (tag < 0 || tag > MAX_TAG) {
      throw new IllegalArgumentException("tag: " + tag + " (expected: 48 bits)");
    }
  }

  /// Reads a position as a client sent it; empty if it is malformed. An offset that no event can
  /// have is read as the last one possible, which none has either.
  public static Optional<Position> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long offset = Math.min(MAX_OFFSET, Long.parseLong(matcher.group(1)));
    return Optional.of(new Position(offset, Long.parseLong(matcher.group(2), 16)));
  }

  @Override
  public int compareTo(Position other) {
    int byOffset = Long.compare(offset, other.offset);
    return byOffset != 0 ? byOffset : Long.compare(tag, other.tag);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%016d_%012x", offset, tag);
  }
}
