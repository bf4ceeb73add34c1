/// The internal port and who may use it: gateways under `/internal`, by an internal token without a
/// tenant; operators everywhere else, by a token from a secret file.
///
/// The port is Actuator's. Its child context gets every component marked
/// [io.plimsoll.ratelimit.InternalPort]; the context of the public port gets none of them.
@NullMarked
package io.plimsoll.ratelimit.access;

import org.jspecify.annotations.NullMarked;
