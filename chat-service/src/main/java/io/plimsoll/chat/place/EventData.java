package io.plimsoll.chat.place;

import io.plimsoll.subscriptions.NewEvent;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/// Writes resources into events with the mapper that writes them into responses, so that both are
/// the same to the letter.
@Component
public final class EventData {

  private final JsonMapper json;

  EventData(JsonMapper json) {
    this.json = json;
  }

  public String of(Object resource) {
    return json.writeValueAsString(resource);
  }

  public NewEvent event(String type, Object resource) {
    return NewEvent.of(type, of(resource));
  }

  /// An event whose own offset becomes the resource's `offset`, which must be absent from it.
  public NewEvent numbered(String type, Object resource) {
    return NewEvent.numbered(type, of(resource));
  }
}
