/// A service with one endpoint, behind common-service's resource server or, with the profile
/// `open`, behind nothing: the difference is what an internal token costs a service.
@NullMarked
package io.plimsoll.benchmarks.service;

import org.jspecify.annotations.NullMarked;
