package io.plimsoll.chat.place;

import jakarta.validation.constraints.Min;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How much of a list one response holds.
///
/// @param size items of a page if the request names no `limit`
/// @param max most items a request may ask for
@Validated
@ConfigurationProperties("plimsoll.chat.pages")
public record PageLimits(
    @DefaultValue("50") @Min(1) int size, @DefaultValue("200") @Min(1) int max) {

  /// How many items to answer with.
  public int checked(@Nullable Integer limit) {
    if (limit == null) {
      return Math.min(size, max);
    }
    if (limit < 1 || limit > max) {
      throw new InvalidParameterException("limit", "1 to " + max);
    }
    return limit;
  }
}
