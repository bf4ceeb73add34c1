package io.plimsoll.gateway.authority;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/// The platform's tenants, by id.
public final class Tenants {

  /// As auth-service writes it.
  private record Answer(
      String tenant, boolean disabled, @Nullable String plan, @Nullable List<String> origins) {}

  private final Directory<Tenant> directory;
  private final JsonMapper json;

  Tenants(AuthService auth, AuthorityProperties properties, JsonMapper json) {
    this.json = json;
    this.directory =
        new Directory<>(
            auth::tenant,
            this::parse,
            _ -> null,
            properties.keys().refresh(),
            properties.keys().maxStaleness(),
            properties.keys().cache(),
            System::nanoTime);
  }

  /// What is held of a tenant, where empty means that there is none; null when it must be asked
  /// for.
  public @Nullable Known<Tenant> peek(String id) {
    return directory.peek(id);
  }

  /// The tenant; empty when there is none; an error when auth-service can't be asked.
  public Mono<Known<Tenant>> get(String id) {
    return directory.get(id);
  }

  /// Drops what is known of a tenant; says whether it was known.
  public boolean forget(String id) {
    return directory.forget(id);
  }

  /// Drops all of them; the ids of those that were known.
  public Set<String> forgetAll() {
    return directory.forgetAll();
  }

  /// Bytes that are held, about.
  long bytes() {
    return directory.bytes();
  }

  /// Is told the id of a tenant that turned out to be another than it was.
  public void whenChanged(Consumer<String> listener) {
    directory.whenChanged(listener);
  }

  private Tenant parse(String raw) {
    Answer answer = json.readValue(raw, Answer.class);
    return new Tenant(
        answer.tenant(),
        answer.disabled(),
        answer.plan() == null ? "default" : answer.plan(),
        answer.origins() == null ? new HashSet<>() : new HashSet<>(answer.origins()));
  }
}
