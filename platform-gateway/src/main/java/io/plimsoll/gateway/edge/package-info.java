/// What meets a client before anything is known of it: time-outs, origins, the rate of secrets
/// tried; and what is written down of every request.
@NullMarked
package io.plimsoll.gateway.edge;

import org.jspecify.annotations.NullMarked;
