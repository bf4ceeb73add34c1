/// Who calls: verifies the customers' tokens and tickets, in the order shape, claims, key,
/// signature, so that what is cheap to refuse is refused first.
///
/// Threading: signatures are checked by [io.plimsoll.gateway.worker.Workers], never on an event
/// loop. Failure: while auth-service is away its last keys serve for an hour; then, and at a start
/// without it, new tokens get 503. Verified ones go on until they expire.
@NullMarked
package io.plimsoll.gateway.token;

import org.jspecify.annotations.NullMarked;
