package io.plimsoll.chat.message;

import org.jspecify.annotations.Nullable;

/// A piece of a message.
///
/// @param type a media type without parameters, for example `text/plain`
/// @param content text; what is not text is linked to or encoded by the client
record Part(@Nullable String type, @Nullable String content) {}
