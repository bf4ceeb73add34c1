/// The threads that do what no event loop may: signatures.
@NullMarked
package io.plimsoll.gateway.worker;

import org.jspecify.annotations.NullMarked;
