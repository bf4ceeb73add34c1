package io.plimsoll.gateway.authority;

import com.nimbusds.jose.jwk.JWK;
import io.plimsoll.gateway.signature.VerificationKey;
import io.plimsoll.gateway.signature.WrappingKeys;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/// The tenants' API keys, by id.
public final class ApiKeys {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.~-]{1,128}");

  /// As auth-service writes it.
  private record Answer(
      String keyId,
      String tenant,
      boolean disabled,
      @Nullable Long expiresAt,
      String scope,
      @Nullable Verification verification) {}

  private record Verification(
      @Nullable Map<String, Object> jwk, @Nullable String secret, @Nullable String wrappedBy) {}

  private final Directory<ApiKey> directory;
  private final WrappingKeys wrapping;
  private final JsonMapper json;

  ApiKeys(
      AuthService auth, AuthorityProperties properties, WrappingKeys wrapping, JsonMapper json) {
    this.wrapping = wrapping;
    this.json = json;
    this.directory =
        new Directory<>(
            auth::key,
            this::parse,
            // one that is disabled needs none
            key -> key.disabled() ? null : key.fault(),
            properties.keys().refresh(),
            properties.keys().maxStaleness(),
            properties.keys().cache(),
            System::nanoTime);
  }

  /// Whether it could be one: all that is to stand in a URL.
  public static boolean isId(String text) {
    return ID.matcher(text).matches() && !text.equals(".") && !text.equals("..");
  }

  /// What is held of a key, where empty means that there is none; null when it must be asked for.
  public @Nullable Known<ApiKey> peek(String id) {
    return directory.peek(id);
  }

  /// The key; empty when there is none; an error when auth-service can't be asked.
  public Mono<Known<ApiKey>> get(String id) {
    return directory.get(id);
  }

  /// Drops what is known of a key; says whether it was known.
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

  /// Is told the id of a key that turned out to be another than it was.
  public void whenChanged(Consumer<String> listener) {
    directory.whenChanged(listener);
  }

  private ApiKey parse(String raw) {
    Answer answer = json.readValue(raw, Answer.class);
    VerificationKey verification = null;
    String fault = null;
    try {
      verification =
          answer.verification() == null ? null : key(answer.keyId(), answer.verification());
    } catch (ParseException | GeneralSecurityException | IllegalArgumentException e) {
      // it verifies nothing, and may be disabled and revoked all the same
      fault = e.toString();
    }
    return new ApiKey(
        answer.keyId(),
        answer.tenant(),
        answer.disabled(),
        answer.expiresAt() == null ? null : Instant.ofEpochSecond(answer.expiresAt()),
        Scopes.parse(answer.scope())
            .orElseThrow(() -> new IllegalArgumentException("scope of key " + answer.keyId())),
        verification,
        fault);
  }

  private VerificationKey key(String id, Verification verification)
      throws ParseException, GeneralSecurityException {
    if (verification.jwk() != null) {
      return VerificationKey.of(JWK.parse(verification.jwk()));
    }
    if (verification.secret() != null && verification.wrappedBy() != null) {
      byte[] wrapped = Base64.getUrlDecoder().decode(verification.secret());
      return VerificationKey.of(wrapping.unwrap(wrapped, verification.wrappedBy(), id));
    }
    throw new GeneralSecurityException("neither jwk nor secret");
  }
}
