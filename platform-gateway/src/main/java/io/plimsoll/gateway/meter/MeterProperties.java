package io.plimsoll.gateway.meter;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How usage is reported.
///
/// @param interval between two reports
/// @param flush how long the end waits for the last ones
/// @param maxCounts tenants times route classes counted at once, about 1 KB each
/// @param maxWaiting merged counts that wait while auth-service is away, about 300 bytes each
@Validated
@ConfigurationProperties("plimsoll.gateway.usage")
record MeterProperties(
    @DefaultValue("2s") Duration interval,
    @DefaultValue("5s") Duration flush,
    @DefaultValue("20000") @Min(1) int maxCounts,
    @DefaultValue("50000") @Min(1) int maxWaiting) {}
