/// What tenants use, as gateways report it, by hour and by day (UTC). Owns the tables
/// `usage_reports` and `usage`.
///
/// A report is applied once, in one transaction with the note that it was: a gateway that got no
/// answer sends it again.
@NullMarked
package io.plimsoll.auth.usage;

import org.jspecify.annotations.NullMarked;
