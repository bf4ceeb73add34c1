package io.plimsoll.chat.room;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A room's row.
@Entity
@Table(name = "room")
@SuppressWarnings("NullAway.Init") // Hibernate fills what it loads
class StoredRoom {

  /// The number tells rooms apart that bore the same id, one after the other.
  @Embeddable
  record Key(String tenant, long number) {}

  @EmbeddedId private Key key;
  private String id;
  private String name;

  @Column(name = "private")
  private boolean isPrivate;

  private @Nullable String createdBy;
  private @Nullable String custom;
  private Instant createdAt;
  private @Nullable Instant updatedAt;
  private @Nullable Instant deletedAt;

  protected StoredRoom() {}

  StoredRoom(
      Key key,
      String id,
      String name,
      boolean isPrivate,
      @Nullable String createdBy,
      @Nullable String custom,
      Instant createdAt) {
    this.key = key;
    this.id = id;
    this.name = name;
    this.isPrivate = isPrivate;
    this.createdBy = createdBy;
    this.custom = custom;
    this.createdAt = createdAt;
  }

  Key key() {
    return key;
  }

  FoundRoom found(boolean member) {
    return new FoundRoom(key.tenant, key.number, id, isPrivate, createdBy, member);
  }

  /// Applies what is to change; false if it is so already.
  boolean change(String name, boolean isPrivate, @Nullable String custom, Instant now) {
    if (name.equals(this.name)
        && isPrivate == this.isPrivate
        && Objects.equals(custom, this.custom)) {
      return false;
    }
    this.name = name;
    this.isPrivate = isPrivate;
    this.custom = custom;
    this.updatedAt = now;
    return true;
  }

  boolean deleted() {
    return deletedAt != null;
  }

  void delete(Instant now) {
    deletedAt = now;
  }

  Room resource() {
    return new Room(id, name, isPrivate, createdBy, custom, createdAt, updatedAt, deletedAt);
  }
}
