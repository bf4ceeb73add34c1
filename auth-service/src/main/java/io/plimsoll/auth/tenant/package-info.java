/// The customers of the platform, as operators keep them. Owns the table `tenants`.
@NullMarked
package io.plimsoll.auth.tenant;

import org.jspecify.annotations.NullMarked;
