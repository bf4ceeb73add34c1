/// The whole service over HTTP, on real backends.
@NullMarked
package io.plimsoll.chat;

import org.jspecify.annotations.NullMarked;
