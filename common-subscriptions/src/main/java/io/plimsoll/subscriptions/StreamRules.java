package io.plimsoll.subscriptions;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which events end whose stream ("a stream obeys its own log"): the second of the product's two
/// beans.
public interface StreamRules {

  /// Whose streams of the topic the event may end. Called once per event and node, not per
  /// subscriber; pure and quick.
  Ends ends(Topic topic, Event event);

  /// Whether the subscriber may read the topic now. Asked of the database at the moment at which a
  /// stream reaches an event that may end it, on a virtual thread; while it cannot be answered (it
  /// throws) the stream stands still.
  boolean mayRead(Topic topic, String subscriber);

  /// The topic whose events may end all streams of this subscriber, whatever topics they follow:
  /// where it is told who is gone for good. Its `Subscribers` are asked about as those of a
  /// stream's own topic are. Null for none.
  default @Nullable Topic watched(String subscriber) {
    return null;
  }

  /// Whose streams an event may end.
  sealed interface Ends {

    /// Nobody's: nearly every event.
    record NoOne() implements Ends {}

    /// Those of these subscribers, unless they may read the topic now (a removal that lies in the
    /// past), with reason `access_removed`.
    record Subscribers(Set<String> ids) implements Ends {

      public Subscribers {
        ids = Set.copyOf(ids);
      }
    }

    /// Those of everybody who may not read the topic any more (it was made private), with reason
    /// `access_removed`.
    record EveryoneWithoutAccess() implements Ends {}

    /// Everybody's, without asking, with reason `deleted`.
    record Everyone() implements Ends {}
  }
}
