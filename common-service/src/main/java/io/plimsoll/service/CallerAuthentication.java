package io.plimsoll.service;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.jwt.Jwt;

/// Spring Security's view of a [Caller].
final class CallerAuthentication extends AbstractAuthenticationToken {

  private static final long serialVersionUID = 1L;

  private final transient Caller caller;

  private CallerAuthentication(Caller caller) {
    super(AuthorityUtils.NO_AUTHORITIES);
    this.caller = caller;
    setAuthenticated(true);
  }

  static CallerAuthentication of(Jwt jwt) {
    String scope = jwt.getClaimAsString(InternalClaims.SCOPE);
    return new CallerAuthentication(
        new Caller(
            Objects.requireNonNull(jwt.getClaimAsString(InternalClaims.TENANT)),
            jwt.getSubject(),
            scope == null || scope.isBlank() ? Set.of() : Set.copyOf(List.of(scope.split(" +"))),
            Objects.requireNonNull(jwt.getClaimAsInstant(InternalClaims.AUTH_EXPIRY)),
            jwt.getClaimAsString(InternalClaims.AUTH_REF)));
  }

  Caller caller() {
    return caller;
  }

  @Override
  public Caller getPrincipal() {
    return caller;
  }

  @Override
  public @Nullable Object getCredentials() {
    return null;
  }
}
