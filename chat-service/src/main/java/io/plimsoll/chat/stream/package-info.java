/// The streams of rooms and users: their URLs, snapshots and rules.
@NullMarked
package io.plimsoll.chat.stream;

import org.jspecify.annotations.NullMarked;
