/// Tests of the client alone; those against the real service are ratelimit-service's.
@NullMarked
package io.plimsoll.ratelimit.client;

import org.jspecify.annotations.NullMarked;
