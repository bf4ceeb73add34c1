/// PostgreSQL and Redis from their Maven Central binaries, as processes with lasting data.
@NullMarked
package io.plimsoll.local.backend;

import org.jspecify.annotations.NullMarked;
