package io.plimsoll.auth.key;

import com.fasterxml.jackson.annotation.JsonCreator;
import tools.jackson.databind.JsonNode;

/// What an operator sent for a verification key, not looked at yet.
///
/// @param json a public JWK or `{"kind":"secret"}`, if all is well
record WantedVerification(JsonNode json) {

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  WantedVerification {}

  /// Bodies are logged at level debug; this one may be a private key in the wrong place.
  @Override
  public String toString() {
    return "WantedVerification[…]";
  }
}
