/// The services as processes: their jars and start-up caches, secrets, environment, and the demo
/// tenant.
@NullMarked
package io.plimsoll.local.service;

import org.jspecify.annotations.NullMarked;
