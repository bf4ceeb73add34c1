package io.plimsoll.chat.room;

import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.user.Users;
import io.plimsoll.service.Caller;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/// Who may do what in a room. A public room is open to every user of its tenant, a private one to
/// its members and to the tenant's own token; to others, as to other tenants, it does not exist.
@Component
public class RoomAccess {

  private static final String FIND =
      """
      select r.tenant, r.number, r.id, r.private as is_private, u.id as created_by,
             m.user_id is not null as member
      from room r
      left join chat_user u
        on u.tenant = r.tenant and u.id = r.created_by and u.number <= r.created_number
      left join current_member m on m.tenant = r.tenant and m.room = r.number and m.user_id = ?
      where r.tenant = ? and r.id = ? and r.deleted_at is null
      """;

  /// Neither changed nor deleted until this transaction ends. Rows are locked in the order room,
  /// member, message, topic.
  private static final String FIND_AND_HOLD = FIND + " for share of r";

  private static final String MAY_READ =
      """
      select exists (
        select 1 from room r join chat_user u on u.tenant = r.tenant
        where u.tenant = ? and u.id = ? and r.number = ? and r.id = ? and r.deleted_at is null
          and (not r.private or exists (
            select 1 from current_member m
            where m.tenant = r.tenant and m.room = r.number and m.user_id = u.id)))
      """;

  private final JdbcClient jdbc;
  private final Users users;

  RoomAccess(JdbcClient jdbc, Users users) {
    this.jdbc = jdbc;
    this.users = users;
  }

  /// What is read of the room, if the caller may read it. Who was not refused is then a user.
  ///
  /// @throws UnknownRoomException otherwise
  public <T> T read(Caller caller, String room, Function<FoundRoom, T> read) {
    T found = read.apply(readable(caller, room));
    users.seen(caller);
    return found;
  }

  /// The room, if the caller may read it; `member` says whether the caller is one.
  ///
  /// @throws UnknownRoomException otherwise
  public FoundRoom readable(Caller caller, String room) {
    return visible(caller, find(FIND, caller.tenant(), room, caller.user()), room);
  }

  /// The same, held until the caller's transaction ends; `member` says whether this user is one.
  public FoundRoom held(Caller caller, String room, @Nullable String user) {
    users.seen(caller);
    Optional<FoundRoom> found = find(FIND_AND_HOLD, caller.tenant(), room, caller.user());
    FoundRoom visible = visible(caller, found, room);
    return Objects.equals(user, caller.user())
        ? visible
        : find(FIND, caller.tenant(), room, user).orElseThrow(() -> new UnknownRoomException(room));
  }

  /// The room, if the caller may read it.
  ///
  /// @param user whether this one is a member is said: the caller, or the one for whom the tenant's
  ///   own token acts
  public FoundRoom readableBy(Caller caller, String room, String user) {
    return visible(caller, find(FIND, caller.tenant(), room, user), room);
  }

  /// Throws unless this user is a member.
  public static FoundRoom memberOnly(FoundRoom room, String user) {
    if (!room.member()) {
      throw new NotAMemberException(user, room.id());
    }
    return room;
  }

  /// Whether a subscriber may read the room of this number now: not any more once deleted.
  public boolean mayRead(String tenant, String room, long number, @Nullable String user) {
    return user == null
        ? find(FIND, tenant, room, null).filter(found -> found.number() == number).isPresent()
        : jdbc.sql(MAY_READ).params(tenant, user, number, room).query(Boolean.class).single();
  }

  private Optional<FoundRoom> find(String sql, String tenant, String room, @Nullable String user) {
    Ids.checked("room", room);
    return jdbc.sql(sql).param(user).param(tenant).param(room).query(FoundRoom.class).optional();
  }

  private static FoundRoom visible(Caller caller, Optional<FoundRoom> found, String room) {
    return found
        .filter(it -> caller.user() == null || it.member() || !it.isPrivate())
        .orElseThrow(() -> new UnknownRoomException(room));
  }
}
