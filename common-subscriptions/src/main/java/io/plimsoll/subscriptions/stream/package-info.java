/// A topic's URL: catch-up pages, long polls, event streams, snapshots, in the read side of the
/// Durable Streams protocol with the additions by which a plain `EventSource` resumes.
///
/// **Requests** are read and positions are verified on virtual threads. **Event streams** then
/// leave WebFlux: once the response's head is written, the connection's HTTP handlers are removed
/// and a [StreamChannel] is all that stays, a cursor of a few words. One [LoopPump] per feed and
/// event loop writes what is new to each of its cursors in one write and one flush; events that
/// come meanwhile go out together. A cursor whose socket is full waits and later reads older frames
/// in segments; nothing is buffered for it.
///
/// **Order.** A cursor is confined to its event loop. It writes only frames that follow its
/// position, offset and tag, and verifies the position against the log when they don't.
///
/// **Other topics.** A stream obeys the topic that it is of, and the one at which
/// [io.plimsoll.subscriptions.StreamRules#watched] points for its reader. [Watches] follows that
/// one per node, not per stream, and has the readers asked about whom its events name.
///
/// **Failure.** Before the head is written: a problem, or for `Accept: text/event-stream` an `end`
/// event, because `EventSource` gives up for good on any status but 200. Later: while the log is
/// away the stream stands still.
@NullMarked
package io.plimsoll.subscriptions.stream;

import org.jspecify.annotations.NullMarked;
