/// The gateway that the benchmarks measure ours against: what a Spring user would write to verify a
/// token and limit its user, with Spring's own pieces and as little configuration as they need.
///
/// With the profile `plain` it routes and does nothing else.
@NullMarked
package io.plimsoll.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
