/// Tests, and [TestTokens] for the tests of other services.
@NullMarked
package io.plimsoll.service;

import org.jspecify.annotations.NullMarked;
