package io.plimsoll.chat.message;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A message's row, as far as changes go. Rows come into being by [Messages]' own statement, not
/// here.
@Entity
@Table(name = "message")
@SuppressWarnings("NullAway.Init") // Hibernate fills what it loads
class StoredMessage {

  @Embeddable
  record Key(String tenant, long room, @Column(name = "\"offset\"") long offset) {}

  @EmbeddedId private Key key;
  private String sender;
  private String clientId;

  @SuppressWarnings("unused") // kept for retries, which compare it in SQL
  private byte @Nullable [] hash;

  private String parts;
  private long[] edits;
  private Instant createdAt;
  private @Nullable Instant editedAt;
  private @Nullable Instant deletedAt;

  protected StoredMessage() {}

  String sender() {
    return sender;
  }

  String parts() {
    return parts;
  }

  boolean deleted() {
    return deletedAt != null;
  }

  int edits() {
    return edits.length;
  }

  /// The offsets of all events that hold this message's parts.
  List<Long> offsets() {
    List<Long> offsets = new ArrayList<>(edits.length + 1);
    offsets.add(key.offset);
    Arrays.stream(edits).forEach(offsets::add);
    return offsets;
  }

  void edit(String parts, Instant now) {
    this.parts = parts;
    this.editedAt = now;
  }

  void edited(long offset) {
    edits = Arrays.copyOf(edits, edits.length + 1);
    edits[edits.length - 1] = offset;
  }

  void delete(Instant now) {
    parts = "[]";
    deletedAt = now;
  }

  /// Forgets what the parts were: nobody can find out by trying.
  void forgetHash() {
    hash = null;
  }

  Message resource(String room) {
    return new Message(key.offset, room, sender, clientId, parts, createdAt, editedAt, deletedAt);
  }
}
