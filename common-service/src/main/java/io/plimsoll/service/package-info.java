/// What every service behind the gateway needs and no library gives: the caller's identity from the
/// gateway's internal token, the scope rule, and one form of error.
///
/// A service adds the dependency and sets `plimsoll.service.name`; [ServiceAutoConfiguration] wires
/// the rest. Controllers are plain blocking methods on virtual threads and take a [Caller] as an
/// argument. A request without a valid internal token does not reach them (401), nor does one
/// without the scope for its method (403).
///
/// Failure: every error leaves as RFC 9457 problem details ([Problems]), with nothing of the inside
/// in it. Keys are refreshed in the background, and an old set serves for 15 minutes while their
/// source is away.
@NullMarked
package io.plimsoll.service;

import org.jspecify.annotations.NullMarked;
