package io.plimsoll.chat.user;

import io.plimsoll.chat.place.Custom;
import io.plimsoll.chat.place.Ids;
import io.plimsoll.chat.place.InvalidBodyException;
import io.plimsoll.chat.place.NotAllowedException;
import io.plimsoll.service.Caller;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

@RestController
@RequestMapping(path = "/chat/v1/users/{user}", produces = MediaType.APPLICATION_JSON_VALUE)
class UserController {

  private final Users users;
  private final Custom customs;
  private final UserLimits limits;
  private final FormerMemberships memberships;

  UserController(Users users, Custom customs, UserLimits limits, FormerMemberships memberships) {
    this.users = users;
    this.memberships = memberships;
    this.customs = customs;
    this.limits = limits;
  }

  record Profile(@Nullable String name, @Nullable JsonNode custom) {}

  /// Every user of the tenant may see every other, and is one by that. Who asks for nobody is
  /// refused, and none.
  @GetMapping
  User get(Caller caller, @PathVariable String user) {
    Ids.checked("user", user);
    if (user.equals(caller.user())) {
      users.seen(caller);
    }
    User found =
        users.find(caller.tenant(), user).orElseThrow(() -> new UnknownUserException(user));
    users.seen(caller);
    return found;
  }

  @PutMapping
  User profile(Caller caller, @PathVariable String user, @RequestBody Profile body) {
    Ids.checked("user", user);
    selfOrTenant(caller, user);
    String name = body.name;
    if (name != null
        && (name.isBlank() || name.codePointCount(0, name.length()) > limits.maxName())) {
      throw new InvalidBodyException("name", "1 to " + limits.maxName() + " characters, not blank");
    }
    return users.profile(caller.tenant(), user, name, customs.checked(body.custom));
  }

  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(Caller caller, @PathVariable String user) {
    Ids.checked("user", user);
    selfOrTenant(caller, user);
    users.delete(caller.tenant(), user);
    memberships.end(caller.tenant(), user);
  }

  private static void selfOrTenant(Caller caller, String user) {
    if (caller.user() != null && !caller.user().equals(user)) {
      throw new NotAllowedException("only the user and the tenant change or delete a user");
    }
  }
}
