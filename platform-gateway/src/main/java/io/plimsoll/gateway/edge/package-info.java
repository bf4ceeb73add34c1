/// What meets a client before anything is known of it: time-outs, origins, the rate of secrets
/// tried; what is written down of every request; and what gives way to requests in the JVM.
@NullMarked
package io.plimsoll.gateway.edge;

import org.jspecify.annotations.NullMarked;
