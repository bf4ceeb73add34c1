/// Signatures, made and checked: by a native library where it loads, else by the JDK.
@NullMarked
package io.plimsoll.gateway.signature;

import org.jspecify.annotations.NullMarked;
