/// Who sends and who reads while faults are injected: written like the clients the platform is made
/// for, with nothing but sockets and the JDK's HTTP client, and reporting what they see to the
/// [io.plimsoll.acceptance.history] checker.
///
/// A producer repeats a send under the same `clientId` until it is answered. A browser
/// ([EventSourceReader]) follows the rules of the HTML standard: it comes back to the same URL with
/// `Last-Event-ID` after `retry:` milliseconds and gives up on any status but 200, which is
/// reported as a violation. Pages, long polls and the Durable Streams form retry on what the design
/// allows without `Accept: text/event-stream`.
///
/// **Threads.** Each runs on a virtual thread of its own, until it is stopped.
@NullMarked
package io.plimsoll.acceptance.traffic;

import org.jspecify.annotations.NullMarked;
