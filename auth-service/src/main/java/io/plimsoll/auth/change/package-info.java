/// The change log: what the gateways must learn of, each with a number. Owns the tables
/// `change_counter`, `change_marks` and `changes`.
///
/// Every change takes its number from one row that it locks in its own transaction, so numbers are
/// committed in their order, and a gateway that asks for what follows its last number misses
/// nothing.
///
/// Each number has a random mark. A restored backup goes on from the number that it knows, and
/// takes the numbers after it again, with other marks: who asks with a number and a mark that don't
/// belong together has read what is no longer so, and gets everything that is alive. A number and
/// mark that do belong together were in the backup, and so was all before them.
///
/// Redis only carries the hint that there is a new number; nothing depends on it.
@NullMarked
package io.plimsoll.auth.change;

import org.jspecify.annotations.NullMarked;
