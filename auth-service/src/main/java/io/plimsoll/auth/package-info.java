/// Auth-service.
@NullMarked
package io.plimsoll.auth;

import org.jspecify.annotations.NullMarked;
