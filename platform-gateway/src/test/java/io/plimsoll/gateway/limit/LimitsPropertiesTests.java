package io.plimsoll.gateway.limit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class LimitsPropertiesTests {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "http://127.0.0.1:1,,http://127.0.0.1:2 | An entry is empty.",
        "ratelimit:8094 | 'ratelimit:8094' is not of the form http(s)://host[:port][/prefix]."
      })
  void namesTheUrlThatIsNone(String urls, String reason) {
    String property = "plimsoll.gateway.limits.ratelimit-internal";
    Binder binder = new Binder(new MapConfigurationPropertySource(Map.of(property, urls)));

    assertThatThrownBy(() -> binder.bind("plimsoll.gateway.limits", LimitsProperties.class))
        .hasStackTraceContaining(property)
        .hasStackTraceContaining(reason);
  }
}
