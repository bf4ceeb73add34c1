/// Tests of signatures.
@NullMarked
package io.plimsoll.gateway.signature;

import org.jspecify.annotations.NullMarked;
