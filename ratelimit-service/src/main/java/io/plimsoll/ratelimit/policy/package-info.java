/// What is limited, and how: policies, in PostgreSQL. Owns the tables `policies` and
/// `policies_version`.
///
/// Operators write them; every instance of the service, and through it every gateway, asks for the
/// version once a second and reads all of them when it changed. The version comes from one row that
/// each write locks, so a reader that has seen a version has seen every write up to it. While the
/// database is away the last policies hold.
@NullMarked
package io.plimsoll.ratelimit.policy;

import org.jspecify.annotations.NullMarked;
