package io.plimsoll.subscriptions.feed;

import static java.util.Objects.requireNonNull;

import io.plimsoll.subscriptions.Position;
import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.Head;
import io.plimsoll.subscriptions.log.Page;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The newest frames of one topic on this node; see the package documentation.
///
/// Every change happens under this monitor and is told to the followers outside of it, from a
/// single snapshot of what is due ([Due]).
public final class TopicFeed {

  /// Most events that wait for a predecessor; those beyond are read with the hole.
  private static final int MAX_PENDING = 1_024;

  /// Events per read while a hole is repaired.
  private static final int REPAIR_PAGE = 256;

  private final long id;
  private final Topic topic;
  private final Feeds feeds;

  private @Nullable Frame[] ring = new Frame[8];
  private int first;
  private int size;
  private int bytes;

  /// The last frame's position, or the head from which the feed started; null until that was read.
  private volatile @Nullable Position head;

  /// Moves whenever frames that were handed out may no longer be what to write.
  private volatile int version;

  private final TreeMap<Long, StoredEvent> pending = new TreeMap<>();
  private int pendingData;

  /// The highest offset that somebody said is in the log, and how often somebody said so of one
  /// past the head.
  private long target;

  private long announcements;
  private boolean repairing;
  private boolean repairDue;
  private boolean over;
  private long lastRedaction;
  private long touched;
  private Follower[] followers = {};
  private final List<Waiter> waiters = new ArrayList<>();

  TopicFeed(long id, Topic topic, Feeds feeds) {
    this.id = id;
    this.topic = topic;
    this.feeds = feeds;
    touched = feeds.nanoTime();
  }

  public long id() {
    return id;
  }

  public Topic topic() {
    return topic;
  }

  /// Where the feed stands.
  public Position head() {
    return requireNonNull(head, "the feed has not been joined");
  }

  long headOffset() {
    Position now = head;
    return now == null ? -1 : now.offset();
  }

  public int version() {
    return version;
  }

  synchronized long lastRedaction() {
    return lastRedaction;
  }

  /// The frames after this position that the ring holds, up to about so many bytes but at least
  /// one; empty at the head; null if they are no longer, or never were, in the ring.
  public synchronized @Nullable List<Frame> newest(long after, int maxBytes) {
    Position now = head();
    if (after > now.offset() || after < now.offset() - size) {
      return null;
    }
    List<Frame> frames = new ArrayList<>();
    int taken = 0;
    for (int i = (int) (after - (now.offset() - size)); i < size; i++) {
      Frame frame = at(i);
      taken += frame.json().length;
      if (taken > maxBytes && !frames.isEmpty()) {
        break;
      }
      frames.add(frame);
    }
    return frames;
  }

  /// Has the follower told from now on.
  ///
  /// @return false if the feed is void or closed
  public synchronized boolean follow(Follower follower) {
    if (over) {
      return false;
    }
    Follower[] more = new Follower[followers.length + 1];
    System.arraycopy(followers, 0, more, 0, followers.length);
    more[followers.length] = follower;
    followers = more;
    return true;
  }

  public synchronized void unfollow(Follower follower) {
    List<Follower> rest = new ArrayList<>(List.of(followers));
    rest.remove(follower);
    followers = rest.toArray(Follower[]::new);
    touched = feeds.nanoTime();
  }

  /// Completes once the feed stands past this offset; exceptionally if it is void or closed.
  public CompletableFuture<Void> past(long offset) {
    Waiter waiter = new Waiter(offset + 1, new CompletableFuture<>());
    synchronized (this) {
      if (over) {
        waiter.done.completeExceptionally(new FeedVoidException());
      } else if (headOffset() > offset) {
        waiter.done.complete(null);
      } else {
        waiters.add(waiter);
      }
    }
    return waiter.done;
  }

  /// Gives up waiting.
  @SuppressWarnings("ReferenceEquality")
  public synchronized void forget(CompletableFuture<?> past) {
    waiters.removeIf(waiter -> waiter.done == past);
  }

  /// Keeps the feed for another while.
  ///
  /// @return false if it is void or closed
  synchronized boolean touch() {
    touched = feeds.nanoTime();
    return !over;
  }

  /// Closes the feed if nobody used it since.
  synchronized boolean closeIfIdle(long before) {
    if (followers.length == 0 && waiters.isEmpty() && touched - before < 0) {
      over = true;
      drop(size);
    }
    return over;
  }

  /// Takes events that were appended here or came over the bus, in any order, any number of times.
  void offer(List<StoredEvent> events) {
    Due due;
    synchronized (this) {
      if (over) {
        return;
      }
      boolean moved = false;
      for (StoredEvent event : events) {
        moved |= take(event);
      }
      moved |= takePending();
      due = due(moved);
      scheduleRepair();
    }
    due.tell();
  }

  /// @param of whose it is: its sender may know this feed's id as another topic's
  void offerEphemeral(Topic of, String type, Instant time, String data) {
    if (!of.equals(topic)) {
      return;
    }
    Follower[] told;
    synchronized (this) {
      told = followers;
    }
    for (Follower follower : told) {
      follower.ephemeral(type, time, data);
    }
  }

  /// What the head check saw in the log.
  void seen(long offset, long tag) {
    Due due;
    synchronized (this) {
      if (over) {
        return;
      }
      if (offset > headOffset()) {
        // the row that starts the feed may have been read before this event was committed
        announce(offset);
        startRepair();
      } else if (contradicts(offset, tag)) {
        over = true;
      }
      due = due(false);
    }
    due.tell();
  }

  /// The topic's row as the primary showed it. The first one starts the feed.
  ///
  /// @param atLeast where the feed stood before the row was read, -1 if it had not started: a head
  ///   before that is of an earlier state
  /// @return completes once the feed reaches that head
  CompletableFuture<Void> reach(Head row, long atLeast) {
    Due due;
    synchronized (this) {
      if (!over) {
        if (head == null) {
          head = row.position();
          takePending();
          scheduleRepair();
        } else if (row.offset() < atLeast || contradicts(row.offset(), row.tag())) {
          over = true;
        } else if (row.offset() > headOffset()) {
          announce(row.offset());
          startRepair();
        }
      }
      due = due(false);
    }
    due.tell();
    return past(row.offset() - 1);
  }

  /// The log went back: nothing this feed holds may be sent any more.
  void makeVoid() {
    Due due;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      due = due(false);
    }
    due.tell();
  }

  private boolean take(StoredEvent event) {
    long offset = event.offset();
    if (head == null || offset > headOffset() + 1) {
      await(event);
      announce(offset);
      return false;
    }
    if (offset <= headOffset()) {
      over |= contradicts(offset, event.tag());
      return false;
    }
    if (event.previousTag() != head().tag()) {
      over = true;
      return false;
    }
    push(Frame.of(topic, event, feeds.rules()));
    if (!event.redacts().isEmpty()) {
      redact(event);
    }
    return true;
  }

  private void announce(long offset) {
    target = Math.max(target, offset);
    announcements++;
  }

  /// Keeps an event that came before its predecessors, if there is room.
  private void await(StoredEvent event) {
    int weight = weight(event);
    if (pending.size() < MAX_PENDING
        && pendingData + weight <= feeds.settings().ringBytes()
        && pending.putIfAbsent(event.offset(), event) == null) {
      pendingData += weight;
    }
  }

  private boolean takePending() {
    boolean moved = false;
    while (!over && !pending.isEmpty() && head != null && pending.firstKey() <= headOffset() + 1) {
      StoredEvent event = requireNonNull(pending.pollFirstEntry()).getValue();
      pendingData -= weight(event);
      moved |= take(event);
    }
    return moved;
  }

  /// Whether the feed holds this offset under another tag.
  private boolean contradicts(long offset, long tag) {
    long behind = headOffset() - offset;
    return behind == 0
        ? head().tag() != tag
        : behind > 0 && behind < size && at((int) (size - 1 - behind)).position().tag() != tag;
  }

  private void push(Frame frame) {
    if (size == ring.length) {
      @Nullable Frame[] larger = new Frame[2 * ring.length];
      for (int i = 0; i < size; i++) {
        larger[i] = at(i);
      }
      ring = larger;
      first = 0;
    }
    ring[(first + size) % ring.length] = frame;
    size++;
    bytes += frame.weight();
    feeds.held(frame.weight());
    FeedSettings settings = feeds.settings();
    while (size > settings.ringEvents()
        || (size > 1 && (bytes > settings.ringBytes() || feeds.holdsTooMuch()))) {
      drop(1);
    }
    head = frame.position();
    moveVersion();
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // under the monitor; volatile for the readers
  private void moveVersion() {
    version++;
  }

  /// Old frames of redacted events go: the ring's with all before them, the segments'.
  private void redact(StoredEvent announcement) {
    lastRedaction = announcement.offset();
    long last = Collections.max(announcement.redacts());
    drop(Math.clamp(last - (headOffset() - size), 0, size));
    announcement.redacts().forEach(offset -> feeds.forgetSegment(this, offset));
    moveVersion();
  }

  private void drop(int frames) {
    for (int i = 0; i < frames; i++) {
      int weight = at(0).weight();
      bytes -= weight;
      feeds.held(-weight);
      ring[first] = null;
      first = (first + 1) % ring.length;
      size--;
    }
  }

  private Frame at(int index) {
    return requireNonNull(ring[(first + index) % ring.length]);
  }

  /// A hole gets a moment to fill by itself.
  private void scheduleRepair() {
    if (!over && head != null && target > headOffset() && !repairing && !repairDue) {
      repairDue = true;
      feeds.later(
          feeds.settings().reorderWait(),
          () -> {
            synchronized (this) {
              repairDue = false;
              startRepair();
            }
          });
    }
  }

  private void startRepair() {
    if (!over
        && head != null
        && target > headOffset()
        && !repairing
        && feeds.settings().holeRepair()) {
      repairing = true;
      long known = announcements;
      feeds.read(() -> repair(known));
    }
  }

  /// Reads one page of what is missing; goes on until the feed has reached what it knows to be
  /// there.
  ///
  /// @param known what had been announced before the read
  private void repair(long known) {
    Position from = head();
    boolean again;
    try {
      Optional<Page> page = feeds.page(id, from.offset(), REPAIR_PAGE);
      feeds.repaired();
      Due due;
      synchronized (this) {
        long before = headOffset();
        if (page.isEmpty()) {
          over = true;
        } else if (!over) {
          fill(from, page.get(), known);
        }
        due = due(headOffset() > before);
        repairing = false;
        again = !over && target > headOffset();
        if (again) {
          startRepair();
        }
      }
      due.tell();
    } catch (RuntimeException | OutOfMemoryError e) { // or it would be repairing for ever
      feeds.readFailed(topic, e);
      synchronized (this) {
        repairing = false;
      }
      feeds.later(
          feeds.retry(),
          () -> {
            synchronized (this) {
              startRepair();
            }
          });
    }
  }

  private void fill(Position from, Page page, long known) {
    Head row = page.head();
    boolean trimmed = from.offset() < row.floor() - 1;
    if (row.offset() < from.offset() || (!trimmed && page.afterTag() != from.tag())) {
      over = true;
      return;
    }
    if (announcements == known) {
      // what had been announced beyond is not in the log: it is of a history that was undone, and
      // might fit the log that is left; what was announced since may have been committed since
      forgetPendingAfter(row.offset());
      target = Math.max(row.offset(), headOffset());
    }
    if (trimmed || row.offset() - headOffset() > feeds.settings().ringEvents()) {
      jump(row);
      return;
    }
    for (StoredEvent event : page.events()) {
      if (!over) {
        take(event);
      }
    }
    takePending();
  }

  private void forgetPendingAfter(long offset) {
    var beyond = pending.tailMap(offset, false);
    beyond.values().forEach(event -> pendingData -= weight(event));
    beyond.clear();
  }

  private static int weight(StoredEvent event) {
    return event.event().data().length() + Frame.OVERHEAD;
  }

  /// So far behind that subscribers will read pages anyway: stand at the head with an empty ring.
  private void jump(Head row) {
    if (row.offset() <= headOffset()) {
      return;
    }
    drop(size);
    head = row.position();
    lastRedaction = row.offset(); // there may have been some in between
    feeds.forgetSegments(this);
    moveVersion();
    takePending();
  }

  /// What there is to tell, collected under the monitor.
  private Due due(boolean moved) {
    List<Waiter> told = List.of();
    if (!waiters.isEmpty() && (over || moved || head != null)) {
      long reached = headOffset();
      told = waiters.stream().filter(waiter -> over || waiter.offset <= reached).toList();
      waiters.removeAll(told);
    }
    if (over) {
      drop(size);
    }
    return new Due(this, moved, over, followers, told);
  }

  @Override
  public synchronized String toString() {
    return "feed %d at %s of %d, %d held, %d pending%s%s"
        .formatted(
            id,
            head,
            target,
            size,
            pending.size(),
            repairing ? ", reading" : "",
            over ? ", over" : "");
  }

  private record Waiter(long offset, CompletableFuture<Void> done) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Due(
      TopicFeed feed, boolean moved, boolean over, Follower[] followers, List<Waiter> waiters) {

    void tell() {
      if (over) {
        feed.feeds.dropVoid(feed);
      }
      for (Follower follower : followers) {
        if (over) {
          follower.voided();
        } else if (moved) {
          follower.advanced();
        }
      }
      for (Waiter waiter : waiters) {
        if (over) {
          waiter.done.completeExceptionally(new FeedVoidException());
        } else {
          waiter.done.complete(null);
        }
      }
    }
  }
}
