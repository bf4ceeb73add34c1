/// A service with nothing in it but topics, for the load tools to work on: streams, appends over
/// REST, and endpoints that drive appends from inside.
///
/// **Order.** Topics are named `0`, `1`, …; a payload carries the time `t` at which its append
/// began (microseconds since 1970) and a number `s`.
///
/// **Threads.** Requests run on virtual threads; events are paced by one platform thread.
///
/// **Failure.** An append that fails while a figure is measured spoils the figure: the pacer stops
/// and the next request is told.
@NullMarked
package io.plimsoll.benchmarks;

import org.jspecify.annotations.NullMarked;
