/// The platform under test, as `./platform` starts it: its own data directory under `target`, its
/// processes by their run files, its API over HTTP.
@NullMarked
package io.plimsoll.acceptance.platform;

import org.jspecify.annotations.NullMarked;
