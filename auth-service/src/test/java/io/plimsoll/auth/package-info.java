/// Tests of the whole service, and what the tests of its parts share.
@NullMarked
package io.plimsoll.auth;

import org.jspecify.annotations.NullMarked;
