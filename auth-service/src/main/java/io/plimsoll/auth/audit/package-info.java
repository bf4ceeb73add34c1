/// The audit log: who changed what, and when. Owns the table `audit`.
///
/// An entry is written in the transaction of what it tells of and has the number of that change in
/// the change log, so entries are committed in their order. It never holds a secret.
@NullMarked
package io.plimsoll.auth.audit;

import org.jspecify.annotations.NullMarked;
