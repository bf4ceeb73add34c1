/// The way to the services and back: chooses an instance, repeats what may be repeated, relays
/// answers, and streams without a buffer.
///
/// Threading: everything of one answer happens on the event loop of the service's connection, which
/// Reactor Netty makes the client's too where it can. Nothing blocks. Failure: see the table in the
/// README; a client that asked for a stream gets 200 and is told to come back.
@NullMarked
package io.plimsoll.gateway.upstream;

import org.jspecify.annotations.NullMarked;
