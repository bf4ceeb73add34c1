/// One feed per topic and node: the newest events of the topic as encoded frames, in order and
/// without a hole, shared by all subscribers of the node.
///
/// **Order.** A feed holds the frames `(lo, hi]`. An event that follows `hi` is appended, one that
/// is held is dropped, one further ahead waits a few milliseconds for its predecessors and then the
/// hole is read from the log. Older frames are read in segments of 128, one read each however many
/// subscribers want them.
///
/// **Trust.** Each frame names the tag of its predecessor, so that a run of frames proves itself
/// against the tag a subscriber holds. A feed that meets another tag where it holds one, or a
/// primary whose head lies before its own, is *void*: the log went back to an earlier state (a
/// restored backup, a fail-over that lost commits). It is dropped, and every follower starts again
/// from its position, which is verified against the new feed.
///
/// **Threads.** A feed is a monitor; followers are told outside of it and must be quick. Log reads
/// run on virtual threads, at most a few at a time.
///
/// **Failure.** While the log cannot be read, holes stay open and followers wait; every read is
/// repeated until it succeeds or the feed is closed.
@NullMarked
package io.plimsoll.subscriptions.feed;

import org.jspecify.annotations.NullMarked;
