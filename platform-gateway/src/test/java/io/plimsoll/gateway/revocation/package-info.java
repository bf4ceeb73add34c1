/// Tests of how revocations arrive.
@NullMarked
package io.plimsoll.gateway.revocation;

import org.jspecify.annotations.NullMarked;
