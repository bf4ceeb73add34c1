/// Appending: [io.plimsoll.subscriptions.append.TransactionalTopics] ties the event log to the
/// caller's transaction.
///
/// # Order
///
/// What a transaction appended is handed to [io.plimsoll.subscriptions.append.Delivery] on the
/// caller's thread, right after the commit and before the caller's own code goes on. Two
/// transactions that append to one topic may hand over in either order; whoever receives goes by
/// offsets.
///
/// # Group commit
///
/// Callers of `appendAlone` that meet at one topic queue up there. The first of them leads: it
/// writes everything that waits, up to a bound, as one statement that is its own transaction, then
/// hands the lead to the next one still waiting. So the topic's row is locked, and the disk
/// flushed, once per batch. A queue exists only while somebody waits in it, and nothing is locked
/// while a batch is written.
///
/// # Failure
///
/// After a rollback nothing is handed over. If the process dies between commit and delivery, or the
/// outcome of a commit is unknown, the head check of every node finds the events. A batch that
/// fails fails each caller in it; as with any commit, a connection lost on the way leaves the
/// outcome unknown to them.
@NullMarked
package io.plimsoll.subscriptions.append;

import org.jspecify.annotations.NullMarked;
