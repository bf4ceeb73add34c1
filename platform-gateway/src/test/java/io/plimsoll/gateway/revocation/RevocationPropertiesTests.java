package io.plimsoll.gateway.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationPropertiesTests {

  private static RevocationProperties with(@Nullable String redis, @Nullable String host) {
    return new RevocationProperties(
        Duration.ofSeconds(1), Duration.ofMinutes(5), redis, host, 6_380);
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis://cache:6380", "cache:6380"})
  void takesAUrlOrAHostAndAPort(String redis) {
    RedisURI uri = Objects.requireNonNull(with(redis, null).redisUri());
    assertThat(uri.getHost()).isEqualTo("cache");
    assertThat(uri.getPort()).isEqualTo(6_380);
  }

  @Test
  void takesAHostWithItsPortOrNone() {
    RedisURI uri = Objects.requireNonNull(with("", "cache").redisUri());
    assertThat(uri.getHost()).isEqualTo("cache");
    assertThat(uri.getPort()).isEqualTo(6_380);
    assertThat(with("", "").redisUri()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis://:sesame@my cache:6379", "http://:sesame@cache", ":sesame@"})
  void namesThePropertyOfWhatIsNoUrlAndNotItsPassword(String redis) {
    Throwable slip = catchThrowable(() -> with(redis, null).redisUri());
    assertThat(slip).hasMessageContaining("plimsoll.gateway.revocation.redis");
    assertThat(slip).hasNoCause();
    assertThat(slip.getMessage()).doesNotContain("sesame");
  }
}
