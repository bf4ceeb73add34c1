package io.plimsoll.auth.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.key.ApiKey;
import io.plimsoll.auth.key.ApiKeys;
import io.plimsoll.auth.key.Scopes;
import io.plimsoll.auth.key.Verification;
import io.plimsoll.auth.key.WrappingKeys;
import io.plimsoll.auth.signing.SigningKeys;
import io.plimsoll.service.Ids;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.text.ParseException;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/// Tells whose a token is, by the rules of the gateways: one that this service issued (`iss` is
/// ours), a stream ticket, or one that a tenant's backend signed (`iss` and `kid` are an API key).
/// `iss` alone chooses where the key is looked up.
@Component
final class CustomerTokens {

  private static final String ACCESS = "at+jwt";
  private static final String TICKET = "plimsoll-ticket+jwt";
  private static final String ES256 = "ES256";
  private static final int SIGNATURE_BYTES = 64;
  private static final int SECRET_BYTES = 32;
  private static final long LONGEST_LIFE = 24 * 3600;

  private final SigningKeys signingKeys;
  private final ApiKeys apiKeys;
  private final WrappingKeys wrappingKeys;
  private final String issuer;
  private final Clock clock;

  CustomerTokens(
      SigningKeys signingKeys,
      ApiKeys apiKeys,
      WrappingKeys wrappingKeys,
      AuthProperties properties,
      Clock clock) {
    this.signingKeys = signingKeys;
    this.apiKeys = apiKeys;
    this.wrappingKeys = wrappingKeys;
    this.issuer = properties.issuer();
    this.clock = clock;
  }

  /// Empty for what is malformed, badly signed, unknown, expired or claims what it may not.
  Optional<Presented> read(String token) {
    CompactJws jws = CompactJws.parse(token).orElse(null);
    if (jws == null) {
      return Optional.empty();
    }
    String claimed = CompactJws.text(jws.claims(), "iss");
    String kid = CompactJws.text(jws.header(), "kid");
    Presented.Times times = times(jws);
    if (claimed == null || kid == null || times == null || !forUs(jws.claims().path("aud"))) {
      return Optional.empty();
    }
    return claimed.equals(issuer)
        ? Optional.ofNullable(issued(jws, kid, times))
        : Optional.ofNullable(signedByTenant(jws, claimed, kid, times));
  }

  private @Nullable Presented issued(CompactJws jws, String kid, Presented.Times times) {
    ECKey key = signingKeys.publicKey(kid);
    String type = CompactJws.text(jws.header(), "typ");
    JsonNode claims = jws.claims();
    String tenant = CompactJws.text(claims, "tenant");
    String subject = CompactJws.text(claims, "sub");
    String actor = CompactJws.text(claims, "plimsoll_actor");
    if (key == null
        || !ES256.equals(CompactJws.text(jws.header(), "alg"))
        || type == null
        || !(type.equals(ACCESS) || type.equals(TICKET))
        || tenant == null
        || subject == null
        || actor == null
        || !signed(jws, ES256, publicKey(key))) {
      return null;
    }
    boolean ticket = type.equals(TICKET);
    OptionalLong authIssued = ticket ? jws.seconds("auth_iat") : OptionalLong.of(times.issued());
    return new Presented(
        jws.name(kid),
        ticket ? CompactJws.text(claims, "auth_ref") : null,
        issuer,
        tenant,
        CompactJws.text(claims, ticket ? "auth_key" : "client_id"),
        ticket ? CompactJws.text(claims, "auth_jkt") : null,
        actor.equals("user") ? subject : null,
        subject,
        scope(claims).orElse(""),
        CompactJws.text(claims, "jti"),
        authIssued.orElse(times.issued()),
        times);
  }

  private @Nullable Presented signedByTenant(
      CompactJws jws, String claimed, String kid, Presented.Times times) {
    if (!claimed.equals(kid) || !Ids.valid(kid) || !plausible(jws, times)) {
      return null;
    }
    ApiKey key = apiKeys.find(kid).orElse(null);
    if (key == null || key.verification() == null) {
      return null;
    }
    Verification verification = key.verification();
    String scope = granted(jws.claims(), key);
    if (!verification.algorithm().equals(CompactJws.text(jws.header(), "alg"))
        || scope == null
        || !signed(jws, kid, verification)) {
      return null;
    }
    String user = CompactJws.text(jws.claims(), "sub");
    return new Presented(
        jws.name(kid),
        null,
        kid,
        key.tenantId(),
        kid,
        null,
        user,
        String.valueOf(user),
        scope,
        CompactJws.text(jws.claims(), "jti"),
        times.issued(),
        times);
  }

  /// Whether what a ticket's token was proven with still proves the key's tokens.
  boolean stillProven(Presented token, ApiKey key) {
    if (token.signedWith() == null) {
      return true;
    }
    try {
      return switch (key.verification()) {
        case null -> false;
        case Verification.PublicKey(_, String jwk) ->
            token.signedWith().equals(JWK.parse(jwk).computeThumbprint().toString());
        case Verification.Secret secret ->
            token
                .signedWith()
                .equals(
                    new OctetSequenceKey.Builder(wrappingKeys.unwrap(key.keyId(), secret))
                        .build()
                        .computeThumbprint()
                        .toString());
      };
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException("a key that was checked can't be read", e);
    }
  }

  /// Whether a tenant may call a user so: all that is to stand in a URL, where `.` and `..` would
  /// be another path.
  static boolean isUser(String id) {
    return Ids.valid(id) && !id.equals(".") && !id.equals("..");
  }

  /// What can be told without the key.
  private static boolean plausible(CompactJws jws, Presented.Times times) {
    JsonNode type = jws.header().path("typ");
    String user = CompactJws.text(jws.claims(), "sub");
    boolean typed =
        type.isMissingNode()
            || (type.isString()
                && (type.asString().equals("JWT") || type.asString().equals(ACCESS)));
    return typed
        && user != null
        && isUser(user)
        && times.expiry() - times.issued() <= LONGEST_LIFE
        && jws.claims().propertyNames().stream()
            .noneMatch(claim -> claim.equals("tenant") || claim.startsWith("plimsoll_"));
  }

  /// The scope that a tenant-signed token has; null when it claims more than it may.
  private static @Nullable String granted(JsonNode claims, ApiKey key) {
    if (!claims.has("scope")) {
      return key.ceiling().withoutAdmin().toString();
    }
    return scope(claims)
        .flatMap(Scopes::ofToken)
        .filter(scopes -> !scopes.haveAdmin() && key.ceiling().cover(scopes))
        .map(Scopes::toString)
        .orElse(null);
  }

  private static Optional<String> scope(JsonNode claims) {
    return Optional.ofNullable(CompactJws.text(claims, "scope"));
  }

  /// Null when they are malformed or have passed. What is dated ahead is told by others: it will
  /// count, so it can be revoked.
  private Presented.@Nullable Times times(CompactJws jws) {
    OptionalLong issued = jws.seconds("iat");
    OptionalLong expiry = jws.seconds("exp");
    OptionalLong notBefore = jws.claims().has("nbf") ? jws.seconds("nbf") : issued;
    if (issued.isEmpty()
        || expiry.isEmpty()
        || notBefore.isEmpty()
        || clock.instant().getEpochSecond() >= expiry.getAsLong()) {
      return null;
    }
    return new Presented.Times(issued.getAsLong(), notBefore.getAsLong(), expiry.getAsLong());
  }

  private static boolean forUs(JsonNode audience) {
    return audience.isArray()
        ? audience.valueStream().anyMatch(CustomerTokens::isUs)
        : isUs(audience);
  }

  private static boolean isUs(JsonNode audience) {
    return audience.isString() && audience.asString().equals(AccessTokens.AUDIENCE);
  }

  private boolean signed(CompactJws jws, String keyId, Verification verification) {
    return switch (verification) {
      case Verification.PublicKey(String algorithm, String jwk) ->
          signed(jws, algorithm, publicKey(jwk));
      case Verification.Secret secret -> mac(jws, wrappingKeys.unwrap(keyId, secret));
    };
  }

  private static boolean signed(CompactJws jws, String algorithm, PublicKey key) {
    if (jws.signature().length != SIGNATURE_BYTES) {
      return false;
    }
    try {
      Signature signature =
          Signature.getInstance(
              algorithm.equals(ES256) ? "SHA256withECDSAinP1363Format" : "Ed25519");
      signature.initVerify(key);
      signature.update(jws.signed());
      return signature.verify(jws.signature());
    } catch (SignatureException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key that was checked does not verify", e);
    }
  }

  private static boolean mac(CompactJws jws, byte[] secret) {
    if (jws.signature().length != SECRET_BYTES) {
      return false;
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return MessageDigest.isEqual(mac.doFinal(jws.signed()), jws.signature());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
    }
  }

  private static PublicKey publicKey(ECKey key) {
    try {
      return key.toECPublicKey();
    } catch (JOSEException e) {
      throw new IllegalStateException("a key that was checked can't be read", e);
    }
  }

  private static PublicKey publicKey(String jwk) {
    try {
      JWK key = JWK.parse(jwk);
      if (key instanceof ECKey ec) {
        return publicKey(ec);
      }
      byte[] little = ((OctetKeyPair) key).getX().decode();
      byte[] big = new byte[little.length];
      for (int i = 0; i < little.length; i++) {
        big[i] = little[little.length - 1 - i];
      }
      boolean odd = big[0] < 0;
      big[0] &= 0x7f;
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(
              new EdECPublicKeySpec(
                  NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, big))));
    } catch (ParseException | GeneralSecurityException e) {
      throw new IllegalStateException("a key that was checked can't be read", e);
    }
  }
}
