package io.plimsoll.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The platform's own origin, from what its operators wrote.
class CorsTests {

  @ParameterizedTest
  @CsvSource({
    "https://api.example.com, https://api.example.com",
    "https://api.example.com:443/, https://api.example.com",
    "HTTPS://API.example.com, https://api.example.com",
    "http://api.example.com:80, http://api.example.com",
    "http://api.example.com:443, http://api.example.com:443",
    "https://api.example.com:8443, https://api.example.com:8443",
    "http://[::1]:8080, http://[::1]:8080",
    "http://my_gateway:80, http://my_gateway",
    "http://my_gateway:8080, http://my_gateway:8080",
  })
  void isWrittenAsBrowsersWriteIt(URI url, String origin) {
    assertThat(Cors.origin(url)).isEqualTo(origin);
  }
}
