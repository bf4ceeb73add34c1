/// Faults injected into a platform with two instances of chat-service while a [Workload] sends and
/// reads through the gateway, and the history checker's verdict.
///
/// The [Faults] are drawn by a seed and logged with their times to `target/faults.log`; publishes
/// between the nodes are dropped, delayed, doubled and reordered all the while. A backup restored,
/// a member removed and a position below the floor are acts of their own, because there the right
/// answer is another one.
@NullMarked
package io.plimsoll.acceptance.faults;

import org.jspecify.annotations.NullMarked;
