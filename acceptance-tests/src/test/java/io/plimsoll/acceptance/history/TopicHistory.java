package io.plimsoll.acceptance.history;

import io.plimsoll.acceptance.history.Violation.Cause;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One topic: what was sent to it, what each reader got, and whether these agree. Every event is
/// checked as it arrives; what only the end can tell is checked by [#settle].
public final class TopicHistory {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final byte[] START = "{\"offset\":\"".getBytes(StandardCharsets.US_ASCII);

  /// Events besides messages that a room or a user may see in a run.
  private static final Set<String> OTHERS =
      Set.of("member.added", "member.removed", "room.updated", "room.deleted", "cursor.moved");

  private static final int CREATED = 1;
  private static final int EDITED = 2;
  private static final int DELETED = 3;
  private static final int OTHER = 4;

  private final String name;
  private final Violations violations;
  private final List<ReaderTrack> readers = new ArrayList<>();
  private final List<Sent> senders = new ArrayList<>();
  private final Map<String, Sent> sendersByPrefix = new HashMap<>();
  private Era era = new Era();
  private boolean trims;
  private long acknowledgedHead;
  private long deliveries;

  TopicHistory(String name, Violations violations) {
    this.name = name;
    this.violations = violations;
  }

  public String name() {
    return name;
  }

  /// The topic's oldest events may go: reading from the floor need not start with the first.
  public synchronized void trims() {
    trims = true;
  }

  /// A producer of this topic.
  ///
  /// @param bytes about the length of its messages
  public synchronized Sent sender(String user, int bytes) {
    Sent sent = new Sent(this, user, senders.size(), bytes);
    senders.add(sent);
    sendersByPrefix.put("m" + sent.number(), sent);
    return sent;
  }

  public synchronized ReaderTrack reader(String reader, boolean follows) {
    ReaderTrack track = new ReaderTrack(this, reader, follows, era);
    readers.add(track);
    return track;
  }

  public synchronized List<ReaderTrack> readers() {
    return List.copyOf(readers);
  }

  public synchronized long deliveries() {
    return deliveries;
  }

  /// The largest offset that arrived anywhere.
  public synchronized long events() {
    return era.last();
  }

  /// The last position that arrived anywhere.
  public synchronized Position head() {
    return new Position(era.last(), era.last() == 0 ? 0 : era.tag(era.last()));
  }

  /// Where the topic stands at least: what was seen of it or acknowledged, with no tag where nobody
  /// saw it.
  public synchronized Position known() {
    return acknowledgedHead > era.last() ? new Position(acknowledgedHead, 0) : head();
  }

  /// The largest offset acknowledged.
  public synchronized long acknowledgedHead() {
    return acknowledgedHead;
  }

  /// Sends without an answer, that may or may not be in the topic.
  public synchronized long unanswered() {
    long open = 0;
    for (Sent sent : senders) {
      for (int seq = 0; seq < sent.count(); seq++) {
        if (sent.acknowledged(seq) == Sent.OPEN) {
          open++;
        }
      }
    }
    return open;
  }

  synchronized void startsAt(ReaderTrack reader, String position) {
    Position at = parse(reader, position);
    if (at != null) {
      reader.moveTo(at, era);
      checkTag(reader, "start", at);
    }
  }

  synchronized void arrived(ReaderTrack reader, byte[] json, int from, int to) {
    Position position = position(reader, json, from, to);
    if (position == null) {
      return;
    }
    deliveries++;
    Position before = reader.at();
    boolean first = !reader.started;
    boolean afterReset = reader.awaitsSnapshot;
    reader.delivered(position);
    long offset = position.offset();
    if (afterReset) {
      violation(Cause.MALFORMED, reader, "event " + position + " between reset and snapshot");
    } else if (first) {
      reader.era = era;
      if (!trims && offset != 1) {
        violation(Cause.GAP, reader, "the first event from the floor is " + position);
      }
    } else if (offset > before.offset() + 1) {
      violation(Cause.GAP, reader, position + " after " + before);
    } else if (offset <= before.offset()) {
      violation(Cause.REPEATED, reader, position + " after " + before);
    }
    Era in = in(reader.era, before, position);
    reader.moveTo(position, in);
    check(reader, in, position, json, from, to);
  }

  private @Nullable Position position(ReaderTrack reader, byte[] json, int from, int to) {
    try {
      if (to - from > START.length
          && Arrays.equals(json, from, from + START.length, START, 0, START.length)) {
        return Position.parse(json, from + START.length);
      }
      return Position.parse(read(json, from, to).path("offset").asString(""));
    } catch (IllegalArgumentException | JacksonException e) {
      malformed(reader, "event without a position: " + e.getMessage());
      return null;
    }
  }

  /// A reader whose position later histories share goes on in the one it is sent.
  private static Era in(Era of, Position before, Position position) {
    Era in = of;
    while (!in.matches(position.offset(), position.tag())
        && in.next != null
        && before.offset() <= in.next.fork) {
      in = in.next;
    }
    return in;
  }

  private void check(ReaderTrack reader, Era in, Position position, byte[] json, int from, int to) {
    long offset = position.offset();
    long hash = hash(json, from, to);
    if (!in.knows(offset)) {
      if (in.next != null) {
        violation(Cause.UNDONE, reader, position + " is new in a history that was undone");
        return;
      }
      // known before it is read: what is told below goes to a history that holds it
      in.put(offset, position.tag(), hash, OTHER);
      long send = identify(reader, position, read(json, from, to));
      in.put(offset, position.tag(), hash, send);
    } else if (in.tag(offset) != position.tag()) {
      violation(
          Cause.POSITION, reader, position + ", elsewhere " + new Position(offset, in.tag(offset)));
    } else if (in.hash(offset) != hash && in.redacted(offset) != hash) {
      differs(reader, in, position, hash, json, from, to);
    }
  }

  private static long hash(byte[] json, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(json, from, to - from);
    return ((long) (to - from) << 32) | crc.getValue();
  }

  private static JsonNode read(byte[] json, int from, int to) {
    return JSON.readTree(json, from, to - from);
  }

  /// What the event is, if it was sent; an event that was not is reported.
  private long identify(ReaderTrack reader, Position position, JsonNode event) {
    String type = event.path("type").asString("");
    JsonNode data = event.path("data");
    int kind =
        switch (type) {
          case "message.created" -> CREATED;
          case "message.edited" -> EDITED;
          case "message.deleted" -> DELETED;
          default -> OTHER;
        };
    if (kind == OTHER) {
      if (!OTHERS.contains(type)) {
        violation(Cause.PHANTOM, reader, "event of type " + type + " at " + position);
      }
      return OTHER;
    }
    String clientId = data.path("clientId").asString("");
    int dash = clientId.lastIndexOf('-');
    Sent sent = dash < 0 ? null : sendersByPrefix.get(clientId.substring(0, dash));
    int seq = sent == null ? -1 : number(clientId.substring(dash + 1));
    if (sent == null || !sent.has(seq)) {
      violation(Cause.PHANTOM, reader, type + " of " + clientId + " at " + position);
      return OTHER;
    }
    if (!data.path("senderId").asString("").equals(sent.sender())) {
      violation(Cause.PHANTOM, reader, type + " by " + data.path("senderId") + " at " + position);
    }
    if (!isContent(kind, sent, seq, data)) {
      violation(
          Cause.CHANGED,
          reader,
          type + " " + clientId + " was not sent with this content: " + data);
    }
    if (kind == CREATED) {
      created(reader, position, sent, seq, data);
    }
    return encode(sent, seq, kind);
  }

  private void created(ReaderTrack reader, Position position, Sent sent, int seq, JsonNode data) {
    long offset = position.offset();
    if (data.path("offset").asLong(-1) != offset) {
      violation(Cause.POSITION, reader, "offset " + data.path("offset") + " at " + position);
    }
    long other = sent.arrived(seq);
    if (other != 0 && other != offset) {
      violation(Cause.DOUBLED, reader, sent.clientId(seq) + " at " + other + " and " + offset);
      return;
    }
    sent.setArrived(seq, offset);
    long acknowledged = sent.acknowledged(seq);
    if (acknowledged > 0 && acknowledged != offset) {
      violation(
          Cause.MISSING,
          reader,
          sent.clientId(seq) + " was acknowledged at " + acknowledged + ", came at " + offset);
    }
  }

  private static boolean isContent(int kind, Sent sent, int seq, JsonNode data) {
    JsonNode parts = data.path("parts");
    if (kind == DELETED || parts.isEmpty()) {
      return sent.deleted(seq) && parts.isEmpty();
    }
    String content = parts.path(0).path("content").asString("");
    if (kind == CREATED) {
      return content.equals(sent.content(seq));
    }
    for (int revision = 1; revision <= sent.edits(seq); revision++) {
      if (content.equals(sent.content(seq, revision))) {
        return true;
      }
    }
    return false;
  }

  /// Other bytes than before: the same value written otherwise, or the message was deleted.
  private void differs(
      ReaderTrack reader, Era in, Position position, long hash, byte[] json, int from, int to) {
    long send = in.send(position.offset());
    JsonNode event = read(json, from, to);
    int kind = (int) (send & 0xff);
    JsonNode data = event.path("data");
    Sent sent = kind == OTHER ? null : senders.get((int) (send >>> 40));
    int seq = (int) (send >>> 8);
    if (sent != null
        && sent.deleted(seq)
        && data.path("clientId").asString("").equals(sent.clientId(seq))) {
      if (in.redacted(position.offset()) == 0 && isContent(kind, sent, seq, data)) {
        in.redact(position.offset(), hash);
        return;
      }
    }
    violation(Cause.CHANGED, reader, position + " has another content than for others: " + event);
  }

  /// Twelve bits of producer, thirty-two of number, eight of kind.
  private static long encode(Sent sent, int seq, int kind) {
    return ((long) sent.number() << 40) | ((long) seq << 8) | kind;
  }

  private static int number(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  synchronized void acknowledged(Sent sent, int seq, Position position) {
    long offset = position.offset();
    long before = sent.acknowledged(seq);
    String message = sent.clientId(seq);
    if (before > 0 && before != offset) {
      violation(Cause.DOUBLED, sent, message + " acknowledged at " + before + " and " + offset);
      return;
    }
    sent.setAcknowledged(seq, offset);
    acknowledgedHead = Math.max(acknowledgedHead, offset);
    long arrived = sent.arrived(seq);
    if (arrived != 0 && arrived != offset) {
      violation(
          Cause.MISSING, sent, message + " acknowledged at " + offset + ", came at " + arrived);
    }
    if (era.knows(offset) && era.tag(offset) != position.tag()) {
      violation(
          Cause.POSITION,
          sent,
          message + " acknowledged at " + position + ", came under tag " + tag(era.tag(offset)));
    }
  }

  synchronized void told(ReaderTrack reader, String what, @Nullable String text) {
    if (text == null) {
      malformed(reader, what + " without a position");
      return;
    }
    Position told = parse(reader, text);
    if (told == null) {
      return;
    }
    if (!reader.started) {
      reader.moveTo(told, era);
      checkTag(reader, what, told);
    } else if (!told.equals(reader.at())) {
      violation(Cause.POSITION, reader, what + " says " + told + " at " + reader.at());
    }
  }

  synchronized void reset(ReaderTrack reader) {
    reader.countReset();
  }

  /// Whether the history in which the reader stands was undone before its position.
  public synchronized boolean undone(ReaderTrack reader) {
    for (Era of = reader.era; of.next != null; of = of.next) {
      if (reader.at().offset() > of.next.fork) {
        return true;
      }
    }
    return false;
  }

  synchronized void resetAtFloor(ReaderTrack reader, Position before, long floor) {
    if (before.offset() >= floor - 1) {
      violation(Cause.RESET, reader, "reset at " + before + " although the floor is " + floor);
    }
  }

  synchronized void snapshot(ReaderTrack reader, String text, JsonNode data) {
    Position at = parse(reader, text);
    if (at == null) {
      return;
    }
    reader.moveTo(at, era);
    checkTag(reader, "snapshot", at);
    for (JsonNode message : data.path("messages")) {
      long offset = message.path("offset").asLong(-1);
      long send = era.knows(offset) ? era.send(offset) : 0;
      if (offset > at.offset()) {
        violation(Cause.POSITION, reader, "the snapshot at " + at + " holds message " + offset);
      } else if ((send & 0xff) == CREATED) {
        String expected = senders.get((int) (send >>> 40)).clientId((int) (send >>> 8));
        if (!message.path("clientId").asString("").equals(expected)) {
          violation(
              Cause.CHANGED, reader, "the snapshot's message " + offset + " is not " + expected);
        }
      }
    }
  }

  synchronized void upToDate(ReaderTrack reader, long acknowledgedBefore) {
    // a backup restored meanwhile takes back what was acknowledged
    if (reader.at().offset() < Math.min(acknowledgedBefore, acknowledgedHead)) {
      violation(
          Cause.STALE,
          reader,
          "up to date at " + reader.at() + ", acknowledged before was " + acknowledgedBefore);
    }
  }

  private void checkTag(ReaderTrack reader, String what, Position at) {
    if (era.knows(at.offset()) && era.tag(at.offset()) != at.tag()) {
      violation(
          Cause.POSITION,
          reader,
          what + " at " + at + ", elsewhere " + new Position(at.offset(), era.tag(at.offset())));
    }
  }

  /// The database was set back to when this was the head: what came after is gone.
  public synchronized void restored(long head) {
    era = era.fork(head);
    senders.forEach(sent -> sent.undo(head));
    acknowledgedHead = Math.min(acknowledgedHead, head);
  }

  /// Readers that stand in an undone history, beyond what the present one shares with it.
  public synchronized List<ReaderTrack> ahead() {
    return readers.stream().filter(this::undone).toList();
  }

  /// Nothing more is sent and every reader had its time: compares everything with the topic's head.
  public synchronized void settle(Position head) {
    if (era.last() != head.offset()
        || (head.offset() > 0 && era.tag(head.offset()) != head.tag())) {
      violation(
          Cause.UNREACHED, "all readers", "the head is " + head + ", the last seen " + era.last());
    }
    if (!trims) {
      for (long offset = 1; offset <= head.offset(); offset++) {
        if (!era.knows(offset)) {
          violation(Cause.MISSING, "all readers", "nobody saw offset " + offset);
        }
      }
    }
    for (ReaderTrack reader : readers) {
      if (reader.follows() && reader.ended() == null && !reader.at().equals(head)) {
        violation(Cause.UNREACHED, reader, "stands at " + reader.at() + ", the head is " + head);
      }
    }
    senders.forEach(this::settle);
  }

  private void settle(Sent sent) {
    long last = 0;
    for (int seq = 0; seq < sent.count(); seq++) {
      long offset = sent.acknowledged(seq);
      if (offset <= 0) {
        continue;
      }
      if (!era.knows(offset)) {
        if (!trims) {
          violation(Cause.MISSING, sent, sent.clientId(seq) + " acknowledged at " + offset);
        }
      } else if (era.send(offset) != encode(sent, seq, CREATED)) {
        violation(
            Cause.MISSING, sent, sent.clientId(seq) + " acknowledged at " + offset + ", not there");
      }
      if (offset <= last) {
        violation(
            Cause.REORDERED,
            sent,
            sent.clientId(seq) + " at " + offset + " was sent after " + last);
      }
      last = offset;
    }
  }

  synchronized void malformed(ReaderTrack reader, String what) {
    violation(Cause.MALFORMED, reader, what);
  }

  private @Nullable Position parse(ReaderTrack reader, String text) {
    try {
      return Position.parse(text);
    } catch (IllegalArgumentException _) {
      malformed(reader, "no position: " + text);
      return null;
    }
  }

  synchronized void violation(Cause cause, ReaderTrack reader, String what) {
    violations.add(
        new Violation(
            cause, name, reader.name(), what, around(reader.at().offset()) + reader.recent()));
  }

  private void violation(Cause cause, Sent sent, String what) {
    violation(cause, "sender " + sent.sender(), what);
  }

  /// For what is noticed by others than readers.
  public void violation(Cause cause, String who, String what) {
    violations.add(new Violation(cause, name, who, what, ""));
  }

  /// What is known of the topic around an offset, a line each.
  private String around(long offset) {
    StringBuilder lines = new StringBuilder();
    for (long at = Math.max(1, offset - 4); at <= offset + 4; at++) {
      if (era.knows(at)) {
        lines.append("    topic: ").append(new Position(at, era.tag(at))).append(' ');
        lines.append(describe(era.send(at))).append('\n');
      }
    }
    return lines.toString();
  }

  private String describe(long send) {
    String kind =
        switch ((int) (send & 0xff)) {
          case CREATED -> "created ";
          case EDITED -> "edited ";
          case DELETED -> "deleted ";
          default -> "";
        };
    return kind.isEmpty()
        ? "other"
        : kind + senders.get((int) (send >>> 40)).clientId((int) (send >>> 8));
  }

  private static String tag(long tag) {
    return Long.toHexString(tag);
  }
}
