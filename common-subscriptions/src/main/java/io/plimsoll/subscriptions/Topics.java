package io.plimsoll.subscriptions;

import java.util.List;
import java.util.Map;

/// Appending to topics. A topic comes into being with its first event or by [#create].
///
/// All methods but [#appendAlone] and [#ephemeral] join the caller's transaction and need one. A
/// transaction appends once: a second call is refused with [IllegalStateException], because two
/// transactions that append in opposite orders would deadlock. The caller flushes its own writes
/// first; the append takes the topic's row lock and holds it until commit, so it comes late. After
/// commit the events go to this node's feeds and to the bus; after a rollback nothing remains, not
/// even a hole.
public interface Topics {

  /// Makes the topic if it does not exist. Does not count as an append.
  void create(Topic topic);

  /// Appends one event and answers its position.
  Position append(Topic topic, NewEvent event);

  /// Appends one or more events to one topic, in order.
  List<Position> append(Topic topic, List<NewEvent> events);

  /// Appends to several topics at once; rows are locked in one order, so that batches cannot
  /// deadlock.
  Map<Topic, List<Position>> append(Map<Topic, List<NewEvent>> batch);

  /// Appends one event unless this key did so before.
  ///
  /// @throws IdempotencyKeyReusedException if the key was used with another payload
  AppendResult append(Topic topic, NewEvent event, IdempotencyKey key);

  /// Appends one event in a transaction of the module's own, shared with others that append to the
  /// same topic at that moment (group commit), and returns once it is committed. For callers with
  /// no other writes; refused inside a transaction.
  Position appendAlone(Topic topic, NewEvent event);

  /// Replaces the data of stored events and appends the event that announces it. Offsets and tags
  /// stay, so positions stay valid. Once the caller's transaction has committed no read returns the
  /// old data.
  ///
  /// @param offsets of the events to rewrite; those no longer retained are passed over
  /// @param replacement one JSON value
  Position redact(Topic topic, List<Long> offsets, String replacement, NewEvent announcement);

  /// Sends an event that is never stored, to open event streams only, as `event: ephemeral`. Best
  /// effort; needs no transaction.
  ///
  /// @param sender whose allowance it takes from (by default 10/s with a burst of 20 per sender and
  ///   topic)
  /// @return false if the sender's allowance is used up and nothing was sent
  boolean ephemeral(Topic topic, String sender, String type, String data);

  /// Removes the topic: its name is free at once (a topic made again under it is another topic, and
  /// positions of this one are lost there), its rows go in the background. May stand beside an
  /// append of the topic's last event in the same transaction.
  void delete(Topic topic);
}
