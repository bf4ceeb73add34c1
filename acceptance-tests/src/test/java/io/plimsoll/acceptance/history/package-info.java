/// The history checker: what was acknowledged against what arrived.
///
/// A [History] holds a [TopicHistory] per topic. Producers ([Sent]) tell it what they are about to
/// send and what was acknowledged, readers ([ReaderTrack]) what arrived. The content of a message
/// follows from its number, so neither is kept: an event costs 24 bytes and a send 16, however many
/// readers get it, and millions of deliveries are checked as they come.
///
/// **What is asserted.** Of each reader: every event directly follows the one before, so that it
/// has no gap, nothing twice and nothing out of order; positions it is told agree with the events.
/// Of all readers together: the same position and the same content at each offset. Of producers
/// against readers: nothing arrives that was not sent, no send becomes two events, nothing
/// acknowledged is missing or stands elsewhere, and one who waits for each answer is delivered in
/// that order. At the end every reader stands at the head.
///
/// **Histories that are undone.** A database restored to an earlier state forks a topic: offsets
/// after the fork are given out again under other tags. Readers ahead of the fork must be reset,
/// exactly they.
///
/// **Threads.** A topic's history is a monitor; a track is used by its own reader's thread.
@NullMarked
package io.plimsoll.acceptance.history;

import org.jspecify.annotations.NullMarked;
