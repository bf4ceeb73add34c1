package io.plimsoll.subscriptions.append;

import io.plimsoll.subscriptions.Topic;
import io.plimsoll.subscriptions.log.StoredEvent;
import java.util.List;

/// Where events go once they are real: to this node's feeds and to the bus. Called on the threads
/// of those who append, so it returns at once; it throws nothing.
public interface Delivery {

  /// These events of one topic are committed.
  ///
  /// @param events consecutive and in order
  void appended(long topicId, List<StoredEvent> events);

  /// How often the log was found to have gone back: then ids of topics may be others'.
  default long undone() {
    return 0;
  }

  /// Passes on what is never stored.
  ///
  /// @param topicId where it goes; after a restored backup it may be another topic's
  /// @param topic whose it is
  void ephemeral(long topicId, Topic topic, String type, String data);
}
