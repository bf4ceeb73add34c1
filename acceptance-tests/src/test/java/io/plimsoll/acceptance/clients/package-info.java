/// Clients that others wrote, unmodified: curl, `EventSource` in Chromium,
/// `@durable-streams/client` and the conformance suite of the protocol. They are JavaScript for the
/// most part, so the tests are too: `real-clients/` beside `src/`, with a README of its own. Here
/// they are only run.
@NullMarked
package io.plimsoll.acceptance.clients;

import org.jspecify.annotations.NullMarked;
