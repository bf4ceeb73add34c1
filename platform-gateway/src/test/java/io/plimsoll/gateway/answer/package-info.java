@NullMarked
package io.plimsoll.gateway.answer;

import org.jspecify.annotations.NullMarked;
