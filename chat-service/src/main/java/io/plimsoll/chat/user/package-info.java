/// Users: their coming into being, their profiles, their deletion.
@NullMarked
package io.plimsoll.chat.user;

import org.jspecify.annotations.NullMarked;
