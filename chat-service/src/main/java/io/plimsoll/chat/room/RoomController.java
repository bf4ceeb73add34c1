package io.plimsoll.chat.room;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.plimsoll.chat.place.Custom;
import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.place.InvalidBodyException;
import io.plimsoll.chat.place.Page;
import io.plimsoll.chat.place.PageLimits;
import io.plimsoll.chat.user.Users;
import io.plimsoll.service.Caller;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

@RestController
@RequestMapping(path = "/chat/v1/rooms", produces = MediaType.APPLICATION_JSON_VALUE)
class RoomController {

  private final Rooms rooms;
  private final RoomLists lists;
  private final Users users;
  private final Custom customs;
  private final RoomLimits limits;
  private final PageLimits pages;

  RoomController(
      Rooms rooms,
      RoomLists lists,
      Users users,
      Custom customs,
      RoomLimits limits,
      PageLimits pages) {
    this.rooms = rooms;
    this.lists = lists;
    this.users = users;
    this.customs = customs;
    this.limits = limits;
    this.pages = pages;
  }

  record CreateRoom(
      @Nullable String id,
      @Nullable String name,
      @JsonProperty("private") @Nullable Boolean isPrivate,
      @Nullable List<@Nullable String> memberIds,
      @Nullable JsonNode custom) {}

  @PostMapping
  ResponseEntity<Room> create(Caller caller, @RequestBody CreateRoom body) {
    if (caller.user() != null) {
      Ids.checked("user", caller.user());
    }
    Rooms.NewRoom wanted =
        new Rooms.NewRoom(
            body.id == null ? null : Ids.checked("id", body.id),
            name(body.name),
            Boolean.TRUE.equals(body.isPrivate),
            memberIds(body.memberIds),
            customs.checked(body.custom));
    Room room = rooms.create(caller, wanted);
    return ResponseEntity.created(URI.create("/chat/v1/rooms/" + room.id())).body(room);
  }

  private String name(@Nullable String name) {
    if (name == null
        || name.isBlank()
        || name.codePointCount(0, name.length()) > limits.maxName()) {
      throw new InvalidBodyException("name", "1 to " + limits.maxName() + " characters, not blank");
    }
    return name;
  }

  private List<String> memberIds(@Nullable List<@Nullable String> ids) {
    if (ids == null) {
      return List.of();
    }
    if (ids.size() > limits.maxInitialMembers()) {
      throw new InvalidBodyException("memberIds", "at most " + limits.maxInitialMembers());
    }
    return ids.stream().map(id -> Ids.checked("memberIds", id)).toList();
  }

  /// The caller's rooms; with `public=true` the public rooms of the tenant. The tenant's own token
  /// sees all of its rooms.
  @GetMapping
  Page<RoomEntry> list(
      Caller caller,
      @RequestParam(name = "public", required = false) boolean publicOnly,
      @RequestParam(required = false) @Nullable String after,
      @RequestParam(required = false) @Nullable Integer limit) {
    int size = pages.checked(limit);
    if (after != null) {
      Ids.checked("after", after);
    }
    String user = caller.user();
    List<RoomEntry> entries =
        user == null || publicOnly
            ? lists.ofTenant(caller.tenant(), publicOnly, after, size + 1)
            : lists.ofUser(caller.tenant(), user, after, size + 1);
    users.seen(caller);
    return Page.of(entries, size, entry -> entry.room().id());
  }

  @GetMapping("/{room}")
  Room get(Caller caller, @PathVariable String room) {
    return rooms.get(caller, room);
  }

  record ChangeRoom(
      @Nullable String name,
      @JsonProperty("private") @Nullable Boolean isPrivate,
      @Nullable JsonNode custom) {}

  /// A merge patch (RFC 7396), but for `custom`, which is replaced as a whole; `null` takes it
  /// away.
  @PatchMapping("/{room}")
  Room change(Caller caller, @PathVariable String room, @RequestBody ChangeRoom body) {
    return rooms.change(
        caller,
        room,
        new Rooms.Change(
            body.name == null ? null : name(body.name),
            body.isPrivate,
            body.custom != null,
            customs.checked(body.custom)));
  }

  @DeleteMapping("/{room}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(Caller caller, @PathVariable String room) {
    rooms.delete(caller, room);
  }
}
