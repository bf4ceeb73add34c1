/// Chat-service.
@NullMarked
package io.plimsoll.chat;

import org.jspecify.annotations.NullMarked;
