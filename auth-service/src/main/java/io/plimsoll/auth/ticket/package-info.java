/// Stream tickets: what a browser's `EventSource`, which can't send headers, puts into its URL. A
/// ticket opens one path, as one caller, from one origin, and dies with the token it was asked
/// with.
@NullMarked
package io.plimsoll.auth.ticket;

import org.jspecify.annotations.NullMarked;
