/// The wire between nodes: who appends an event publishes it, who has a feed of its topic hears it.
///
/// A bus promises nothing. A message may be lost, doubled, late or out of order, and a subscription
/// may take effect late; feeds put all of that right from the log. So the bus never blocks a caller
/// and never queues without bound: while it is away messages are dropped. Receivers are called on
/// the bus's own thread and must be quick.
@NullMarked
package io.plimsoll.subscriptions.bus;

import org.jspecify.annotations.NullMarked;
