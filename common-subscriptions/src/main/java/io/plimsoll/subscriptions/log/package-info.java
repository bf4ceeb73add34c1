/// Where events are kept: the [io.plimsoll.subscriptions.log.EventLog] seam, its PostgreSQL
/// implementation (the truth) and an in-memory one that passes the same contract.
///
/// # Schema
///
/// ```
/// ps_topic        one row per topic: head, its tag and the tag before it, floor and the tag below it
/// ps_event        one row per retained event, (topic_id, offset) -> tag, xid, time, type, data, redacts
/// ps_idempotency  one row per (topic, producer, key), kept as long as its event
/// ```
///
/// # Order
///
/// An append takes its offset by updating the topic's row, whose lock it holds until commit. So
/// within a topic the order of offsets is the order of commits, a rollback leaves no hole, and
/// unrelated topics never wait for each other. No sequence is a cursor: sequences commit out of
/// order.
///
/// # What has become visible
///
/// Each event carries its transaction's id. [io.plimsoll.subscriptions.log.EventLog#changesSince]
/// reads, in one statement, the current snapshot and the events whose id lies in `[previous xmax,
/// current xmax)` or among those in progress in the previous snapshot: exactly what has become
/// visible since, with no clock. It must run on the primary: a standby's snapshot does not list
/// transactions in progress the same way.
///
/// # Failure
///
/// Exceptions of the database go through to the caller; nothing here retries. A topic that stays
/// locked beyond `lock_timeout` is a [org.springframework.dao.CannotAcquireLockException].
@NullMarked
package io.plimsoll.subscriptions.log;

import org.jspecify.annotations.NullMarked;
