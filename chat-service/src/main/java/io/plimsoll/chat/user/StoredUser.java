package io.plimsoll.chat.user;

import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A user's row. It comes into being by [Users]' own statement, which does not mind that it exists.
@Entity
@Table(name = "chat_user")
@SuppressWarnings("NullAway.Init") // Hibernate fills what it loads
class StoredUser {

  @Embeddable
  record Key(String tenant, String id) {}

  @EmbeddedId private Key key;
  private @Nullable String name;
  private @Nullable String custom;
  private Instant createdAt;
  private @Nullable Instant updatedAt;

  protected StoredUser() {}

  void profile(@Nullable String name, @Nullable String custom, Instant now) {
    this.name = name;
    this.custom = custom;
    this.updatedAt = now;
  }

  User resource(@Nullable Instant deletedAt) {
    return new User(key.id, name, custom, createdAt, updatedAt, deletedAt);
  }
}
