/// What a newcomer and an attacker try first, through the gateway: the README's lines, a service's
/// own port, a service that is away, another tenant's ids, bad input. One platform for all of it.
@NullMarked
package io.plimsoll.acceptance.smoke;

import org.jspecify.annotations.NullMarked;
