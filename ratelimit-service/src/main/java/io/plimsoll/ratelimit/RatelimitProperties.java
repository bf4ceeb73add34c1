package io.plimsoll.ratelimit;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How this service is set up.
///
/// @param leaseLife how long a gateway may spend what it was granted
/// @param silence after which a gateway's open streams are counted no more
/// @param maxGateways into how many parts a rate is cut for gateways that can't reach this service
/// @param partitions into how many slots of Redis the buckets are spread; another number starts
///   them all anew, empty
/// @param storeTimeout how long Redis may take; then the demand is answered `away`, and what Redis
///   gets to later does nothing
/// @param policiesRefresh how often the database is asked for new policies
/// @param maxDemands demands and counts in one call
/// @param maxPolicies policies there may be; a gateway holds them all
@Validated
@ConfigurationProperties("plimsoll.ratelimit")
public record RatelimitProperties(
    @DefaultValue("10s") @DurationMin(seconds = 2) @DurationMax(minutes = 5) Duration leaseLife,
    @DefaultValue("15s") @DurationMin(seconds = 1) Duration silence,
    @DefaultValue("4") @Positive int maxGateways,
    @DefaultValue("16") @Positive @Max(1024) int partitions,
    @DefaultValue("500ms") @DurationMin(millis = 10) Duration storeTimeout,
    @DefaultValue("1s") @DurationMin(millis = 10) Duration policiesRefresh,
    @DefaultValue("2000") @Positive int maxDemands,
    @DefaultValue("10000") @Positive int maxPolicies) {}
