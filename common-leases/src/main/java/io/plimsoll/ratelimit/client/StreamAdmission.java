package io.plimsoll.ratelimit.client;

import org.jspecify.annotations.Nullable;

/// Whether a stream may be opened.
///
/// @param stream its place, to be closed with it; null where refused
public record StreamAdmission(Decision decision, @Nullable OpenStream stream) {}
