/// Removes old events, by age and count per kind of topic, and what deleted topics leave behind.
///
/// **Order.** A sweep goes through all topics by id and removes from each, in batches, what is
/// below its new floor. A batch is a transaction of its own, which moves the topic's floor together
/// with the rows and their idempotency keys, so that no reader ever sees a hole. Then the rows of
/// deleted topics go, in batches too.
///
/// **Threads.** One virtual thread per node. Nodes do not agree on who sweeps: a topic whose row
/// another one holds (a sweep or an append) is passed over (`skip locked`) until the next time, and
/// what another one has removed is not there to remove.
///
/// **Failure.** A sweep that fails is logged once per outage and begins anew after the interval;
/// what it had removed stays removed. Open streams do not mind: a position at the head stays valid
/// when nothing is retained, and one that falls below the floor is ended as lost.
@NullMarked
package io.plimsoll.subscriptions.retention;

import org.jspecify.annotations.NullMarked;
