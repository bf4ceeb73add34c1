/// What is left to do once a room or a user is deleted, in the background and in small
/// transactions.
///
/// Every node has both agents. Work is found in the tables (`room.deleted_at`, `user_erasure`) and
/// held with SKIP LOCKED while it is done, so nodes share it and none waits for another; a node
/// that dies leaves the rest of it to the others.
@NullMarked
package io.plimsoll.chat.erasure;

import org.jspecify.annotations.NullMarked;
