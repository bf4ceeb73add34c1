package io.plimsoll.auth.token;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/// Answers what OAuth endpoints refuse, [RFC
/// 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
@RestControllerAdvice
class OAuthErrors {

  record Refused(String error, @JsonProperty("error_description") String description) {}

  private final TokenMetrics metrics;

  OAuthErrors(TokenMetrics metrics) {
    this.metrics = metrics;
  }

  @ExceptionHandler
  ResponseEntity<Refused> refused(OAuthException refused) {
    OAuthError error = refused.error();
    metrics.refused(error);
    ResponseEntity.BodyBuilder answer =
        ResponseEntity.status(error.status())
            .contentType(MediaType.APPLICATION_JSON)
            .cacheControl(CacheControl.noStore());
    if (error == OAuthError.INVALID_CLIENT) {
      answer.header(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"plimsoll\", charset=\"UTF-8\"");
    }
    return answer.body(new Refused(error.code(), refused.description()));
  }
}
