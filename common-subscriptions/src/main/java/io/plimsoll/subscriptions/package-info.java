/// Common-subscriptions.
@NullMarked
package io.plimsoll.subscriptions;

import org.jspecify.annotations.NullMarked;
