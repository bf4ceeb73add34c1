/// The internal port and who may use it: gateways below `/internal`, by an internal token of their
/// own; operators everywhere else, by a token from a secret file. Off until a service sets
/// `plimsoll.internal-port.enabled`.
///
/// The port is Actuator's. Its child context gets every component marked [InternalPort]; the
/// context of the public port can't have one. [KnownCallersOnly] stands before all of it.
@NullMarked
package io.plimsoll.service.internalport;

import org.jspecify.annotations.NullMarked;
