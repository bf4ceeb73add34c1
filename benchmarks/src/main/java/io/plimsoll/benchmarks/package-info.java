/// Benchmarks.
@NullMarked
package io.plimsoll.benchmarks;

import org.jspecify.annotations.NullMarked;
