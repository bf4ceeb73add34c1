package io.plimsoll.gateway.identity;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Bean;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/// `GET /internal/jwks.json`, on the internal port and there alone: this context is that port's.
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
public class PublishedKeys {

  @Bean
  RouterFunction<ServerResponse> internalJwks(InternalKeys keys) {
    return route()
        .GET(
            "/internal/jwks.json",
            _ ->
                ServerResponse.ok()
                    .contentType(MediaType.APPLICATION_JSON)
                    .bodyValue(keys.published()))
        .build();
  }
}
