/// What is asked for: the request's id, and its target as the client wrote it, refused where two
/// readers could disagree about it.
@NullMarked
package io.plimsoll.gateway.request;

import org.jspecify.annotations.NullMarked;
