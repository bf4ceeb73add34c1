/// The whole platform on one machine, for development, tests and the demo: what `./platform` runs.
///
/// [Main] is both sides. Its short-lived commands (`up`, `down`, `status` …) talk to nobody: they
/// read and write small files of the data directory ([DataDirectory]) and send signals. One of
/// them, `supervise`, is the long-lived [Platform]: it starts every process and starts again
/// whatever dies. Hence a command works as well when the supervisor was killed, and nothing of the
/// platform needs a port or a protocol of its own.
@NullMarked
package io.plimsoll.local;

import org.jspecify.annotations.NullMarked;
