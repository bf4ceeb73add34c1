/// API keys: an id and a client secret with which a tenant's backend gets tokens. Owns the table
/// `api_keys`.
///
/// A secret is shown once and only its SHA-256 is kept. A disabled or expired key gets no further
/// token; those it got live until they end by themselves, an hour at most.
@NullMarked
package io.plimsoll.auth.key;

import org.jspecify.annotations.NullMarked;
