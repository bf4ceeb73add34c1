/// One request on its way through the gateway: what each step of the pipeline found out about it,
/// and the answer that the client gets.
///
/// Threading: a call belongs to the event loop of its client's connection. A step may wait for
/// another thread; the pipeline goes on where the call belongs.
@NullMarked
package io.plimsoll.gateway.call;

import org.jspecify.annotations.NullMarked;
