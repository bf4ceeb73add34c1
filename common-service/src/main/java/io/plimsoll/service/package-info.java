/// Common-service.
@NullMarked
package io.plimsoll.service;

import org.jspecify.annotations.NullMarked;
