/// The threads that do what no event loop may: signatures.
///
/// Threading: work is done on a worker, and what follows it until it is handed over to a call's
/// loop. Failure: nothing is kept here but requests under way; whoever is killed with them loses
/// what their clients repeat. Work that fails, or whose result nobody can take, ends no worker.
@NullMarked
package io.plimsoll.gateway.worker;

import org.jspecify.annotations.NullMarked;
