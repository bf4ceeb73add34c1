/// What every feature speaks of: ids, topics, event types, pages, `custom` objects and the problems
/// of a request that is wrong in itself.
@NullMarked
package io.plimsoll.chat.place;

import org.jspecify.annotations.NullMarked;
