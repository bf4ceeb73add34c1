/// One identity inside: exchanges a verified customer's token for an internal one that names one
/// service and lives five minutes. Customers' credentials never pass this line.
@NullMarked
package io.plimsoll.gateway.identity;

import org.jspecify.annotations.NullMarked;
