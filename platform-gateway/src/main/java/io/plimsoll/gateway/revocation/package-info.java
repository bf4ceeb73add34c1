/// What is not valid any more: tokens, what a user, key, tenant or the whole platform was given up
/// to an instant, disabled keys and tenants, and what a key has signed that is no longer the API
/// key's, or in auth-service's set.
///
/// Order: auth-service numbers every change in the order of its transactions; this gateway asks
/// once a second, and when Redis hints that there is something, for what follows the last number
/// that it has applied. Threading: one thread applies changes; requests only read. Failure: nothing
/// that is known is ever forgotten before its time; without an answer for `max-staleness` no new
/// request is admitted, for a token may have been revoked meanwhile.
@NullMarked
package io.plimsoll.gateway.revocation;

import org.jspecify.annotations.NullMarked;
