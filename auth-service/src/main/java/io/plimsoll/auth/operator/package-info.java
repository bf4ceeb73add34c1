/// The internal port and who may use it: operators, by a token from a secret file, and gateways, by
/// an internal token of their own.
///
/// The port is Actuator's. Its child context gets every component marked [InternalPort]; the
/// context of the public port gets none of them. [KnownCallersOnly] stands before all of it.
@NullMarked
package io.plimsoll.auth.operator;

import org.jspecify.annotations.NullMarked;
