package io.plimsoll.ratelimit.lease;

import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.plimsoll.ratelimit.RatelimitProperties;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// Makes an absent Redis known at once: a command is refused, not kept for later.
@Configuration(proxyBeanMethods = false)
class RedisConfiguration {

  @Bean
  LettuceClientOptionsBuilderCustomizer refuseWhileDisconnected() {
    return options -> options.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS);
  }

  @Bean
  LettuceClientConfigurationBuilderCustomizer storeTimeout(RatelimitProperties properties) {
    return client -> client.commandTimeout(properties.storeTimeout());
  }
}
