package io.plimsoll.chat.message;

import io.plimsoll.chat.place.InvalidBodyException;
import io.plimsoll.chat.place.InvalidParameterException;
import io.plimsoll.chat.place.Page;
import io.plimsoll.chat.place.PageLimits;
import io.plimsoll.chat.place.Sender;
import io.plimsoll.chat.room.RoomAccess;
import io.plimsoll.service.Caller;
import io.plimsoll.subscriptions.Position;
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
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(
    path = "/chat/v1/rooms/{room}/messages",
    produces = MediaType.APPLICATION_JSON_VALUE)
class MessageController {

  /// Tells where the event of a change stands, so that its author can follow from there.
  private static final String NEXT_OFFSET = "Stream-Next-Offset";

  private static final int MAX_CLIENT_ID = 128;

  private final Messages messages;
  private final Parts parts;
  private final RoomAccess access;
  private final PageLimits pages;

  MessageController(Messages messages, Parts parts, RoomAccess access, PageLimits pages) {
    this.messages = messages;
    this.parts = parts;
    this.access = access;
    this.pages = pages;
  }

  record SendMessage(
      @Nullable String clientId, @Nullable String senderId, @Nullable List<@Nullable Part> parts) {}

  @PostMapping
  ResponseEntity<Message> send(
      Caller caller, @PathVariable String room, @RequestBody SendMessage body) {
    String sender = Sender.of(caller, body.senderId);
    Sent sent =
        messages.send(caller, room, sender, clientId(body.clientId), parts.checked(body.parts));
    ResponseEntity.BodyBuilder response =
        sent.isNew()
            ? ResponseEntity.created(
                URI.create("/chat/v1/rooms/" + room + "/messages/" + sent.position().offset()))
            : ResponseEntity.ok();
    return response.header(NEXT_OFFSET, sent.position().toString()).body(sent.message());
  }

  private static String clientId(@Nullable String id) {
    if (id == null || id.isEmpty() || id.codePointCount(0, id.length()) > MAX_CLIENT_ID) {
      throw new InvalidBodyException("clientId", "1 to " + MAX_CLIENT_ID + " characters");
    }
    return id;
  }

  /// Messages in the order of their offsets: the newest, or those next to `before` or `after`.
  /// `next` continues in the same direction.
  @GetMapping
  Page<Message> list(
      Caller caller,
      @PathVariable String room,
      @RequestParam(required = false) @Nullable Long before,
      @RequestParam(required = false) @Nullable Long after,
      @RequestParam(required = false) @Nullable Integer limit) {
    int size = pages.checked(limit);
    if (before != null && after != null) {
      throw new InvalidParameterException("before", "not together with after");
    }
    return access.read(
        caller,
        room,
        found ->
            after != null
                ? messages.after(found, after, size)
                : messages.before(found, before == null ? Long.MAX_VALUE : before, size));
  }

  @GetMapping("/{offset}")
  Message get(Caller caller, @PathVariable String room, @PathVariable long offset) {
    return access.read(caller, room, found -> messages.get(found, offset));
  }

  record EditMessage(@Nullable List<@Nullable Part> parts) {}

  @PatchMapping("/{offset}")
  ResponseEntity<Message> edit(
      Caller caller,
      @PathVariable String room,
      @PathVariable long offset,
      @RequestBody EditMessage body) {
    Sent edited = messages.edit(caller, room, offset, parts.checked(body.parts));
    return ResponseEntity.ok()
        .header(NEXT_OFFSET, edited.position().toString())
        .body(edited.message());
  }

  @DeleteMapping("/{offset}")
  ResponseEntity<Void> delete(Caller caller, @PathVariable String room, @PathVariable long offset) {
    Position deleted = messages.delete(caller, room, offset);
    ResponseEntity.HeadersBuilder<?> response = ResponseEntity.status(HttpStatus.NO_CONTENT);
    return deleted == null
        ? response.build()
        : response.header(NEXT_OFFSET, deleted.toString()).build();
  }
}
