/// The keys that sign tokens and tickets, and their publication.
@NullMarked
package io.plimsoll.auth.signing;

import org.jspecify.annotations.NullMarked;
