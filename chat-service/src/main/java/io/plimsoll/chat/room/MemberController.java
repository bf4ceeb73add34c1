package io.plimsoll.chat.room;

import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.place.Page;
import io.plimsoll.chat.place.PageLimits;
import io.plimsoll.service.Caller;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(path = "/chat/v1/rooms/{room}/members", produces = MediaType.APPLICATION_JSON_VALUE)
class MemberController {

  private final RoomAccess access;
  private final Rooms rooms;
  private final Members members;
  private final PageLimits pages;

  MemberController(RoomAccess access, Rooms rooms, Members members, PageLimits pages) {
    this.access = access;
    this.rooms = rooms;
    this.members = members;
    this.pages = pages;
  }

  @GetMapping
  Page<Member> list(
      Caller caller,
      @PathVariable String room,
      @RequestParam(required = false) @Nullable String after,
      @RequestParam(required = false) @Nullable Integer limit) {
    int size = pages.checked(limit);
    if (after != null) {
      Ids.checked("after", after);
    }
    return access.read(
        caller, room, found -> Page.of(members.page(found, after, size + 1), size, Member::userId));
  }

  /// A membership says nothing but whose it is.
  record MemberBody() {}

  /// 201 for a new member, 200 for one who was there.
  @PutMapping("/{user}")
  ResponseEntity<Member> add(
      Caller caller,
      @PathVariable String room,
      @PathVariable String user,
      @RequestBody(required = false) @Nullable MemberBody body) {
    Rooms.Added added = rooms.addMember(caller, room, Ids.checked("user", user));
    return ResponseEntity.status(added.isNew() ? HttpStatus.CREATED : HttpStatus.OK)
        .body(added.member());
  }

  @DeleteMapping("/{user}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void remove(Caller caller, @PathVariable String room, @PathVariable String user) {
    rooms.removeMember(caller, room, Ids.checked("user", user));
  }
}
