/// Wires the module into a service: see the README for its properties. The service contributes a
/// `SnapshotSource` and `StreamRules`, and may contribute a `StreamListener`.
@NullMarked
package io.plimsoll.subscriptions.autoconfigure;

import org.jspecify.annotations.NullMarked;
