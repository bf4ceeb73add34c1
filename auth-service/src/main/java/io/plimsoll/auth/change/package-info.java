/// The change log: what the gateways must learn of, each with a number. Owns the tables
/// `change_counter` and `changes`.
///
/// Every change takes its number from one row that it locks in its own transaction, so numbers are
/// committed in their order, and a gateway that asks for what follows its last number misses
/// nothing. Redis only carries the hint that there is a new number; nothing depends on it.
@NullMarked
package io.plimsoll.auth.change;

import org.jspecify.annotations.NullMarked;
