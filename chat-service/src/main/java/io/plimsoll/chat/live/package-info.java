/// What is never stored: typing, presence, and how much is unread.
///
/// **Presence.** A user is online in a room with at least one event stream of it open.
/// [LocalStreams] knows those of this node, [PresenceAgent] announces them: to the room's streams
/// as ephemeral events, and to the other nodes by [PresenceBoard].
///
/// **Unread.** [ChangedRooms] gathers the rooms whose messages changed on any node; [UnreadAgent]
/// counts for the users concerned who have a stream of their own open here.
///
/// **Failure.** All of it is best effort. With Redis away each node knows its own users and
/// changes, and tells the others of its changes when Redis is back; what could not be counted is
/// counted again. A node that is killed takes what it had not told with it: its streams come back,
/// and are told then. After a restored backup clients ask.
@NullMarked
package io.plimsoll.chat.live;

import org.jspecify.annotations.NullMarked;
