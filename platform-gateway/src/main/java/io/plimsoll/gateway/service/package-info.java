/// Which services there are, which paths are theirs and what each path asks of its caller: from the
/// configuration alone.
@NullMarked
package io.plimsoll.gateway.service;

import org.jspecify.annotations.NullMarked;
