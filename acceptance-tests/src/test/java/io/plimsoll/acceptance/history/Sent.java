package io.plimsoll.acceptance.history;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// What one producer sends to one topic: numbered messages, whose `clientId` and content follow
/// from their number. Guarded by its topic's history.
public final class Sent {

  static final long OPEN = 0;
  static final long UNDONE = -1;

  /// What must survive JSON, SSE's lines and UTF-8: escapes, line ends of all kinds, four-byte
  /// characters, what looks like a field of an event.
  private static final String[] WORDS = {
    "plimsoll ",
    "\n",
    "\r\n",
    "data: ",
    "\n\nid: 9",
    "\"",
    "\\",
    "é",
    "漢字 ",
    "\uD83D\uDEA2",
    "\u2028",
    "\t",
    "</script>",
    "{\"offset\":\"0\"}",
    "[",
    "]},",
    "line ",
    "mark ",
    "water "
  };

  private final TopicHistory topic;
  private final String sender;
  private final int number;
  private final int bytes;
  private long[] acknowledged = new long[64];
  private long[] arrived = new long[64];
  private int count;
  private final Map<Integer, Integer> edits = new HashMap<>();
  private final BitSet deletes = new BitSet();

  Sent(TopicHistory topic, String sender, int number, int bytes) {
    this.topic = topic;
    this.sender = sender;
    this.number = number;
    this.bytes = bytes;
  }

  public String sender() {
    return sender;
  }

  int number() {
    return number;
  }

  /// Takes the next number: to be called before the message leaves.
  public int next() {
    synchronized (topic) {
      if (count == acknowledged.length) {
        acknowledged = Arrays.copyOf(acknowledged, 2 * count);
        arrived = Arrays.copyOf(arrived, 2 * count);
      }
      return count++;
    }
  }

  public String clientId(int seq) {
    return "m" + number + "-" + seq;
  }

  public String content(int seq) {
    return content(seq, 0);
  }

  /// The content of the message's given revision, 0 for the message as sent.
  public String content(int seq, int revision) {
    SplittableRandom random =
        new SplittableRandom(((long) number << 48) ^ ((long) revision << 40) ^ seq);
    StringBuilder text = new StringBuilder();
    text.append(clientId(seq)).append('/').append(revision).append(' ');
    int length = 8 + random.nextInt(2 * bytes);
    while (text.length() < length) {
      text.append(WORDS[random.nextInt(WORDS.length)]);
    }
    return text.toString();
  }

  /// Takes the next revision of a message: to be called before the edit leaves.
  public int nextEdit(int seq) {
    synchronized (topic) {
      return edits.merge(seq, 1, Integer::sum);
    }
  }

  /// To be called before a deletion leaves.
  public void deletes(int seq) {
    synchronized (topic) {
      deletes.set(seq);
    }
  }

  /// The answer to a message: it stands at this position.
  public void acknowledged(int seq, Position position) {
    topic.acknowledged(this, seq, position);
  }

  // all below under the topic's monitor

  boolean has(int seq) {
    return seq >= 0 && seq < count;
  }

  int count() {
    return count;
  }

  int edits(int seq) {
    return edits.getOrDefault(seq, 0);
  }

  boolean deleted(int seq) {
    return deletes.get(seq);
  }

  long acknowledged(int seq) {
    return acknowledged[seq];
  }

  void setAcknowledged(int seq, long offset) {
    acknowledged[seq] = offset;
  }

  long arrived(int seq) {
    return arrived[seq];
  }

  void setArrived(int seq, long offset) {
    arrived[seq] = offset;
  }

  /// What stood after this offset is gone.
  void undo(long after) {
    for (int seq = 0; seq < count; seq++) {
      if (acknowledged[seq] > after || arrived[seq] > after) {
        acknowledged[seq] = UNDONE;
        arrived[seq] = 0;
      }
    }
  }
}
