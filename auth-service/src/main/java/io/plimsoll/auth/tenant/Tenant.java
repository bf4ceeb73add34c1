package io.plimsoll.auth.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A customer of the platform.
///
/// @param tenantId the operator's choice; part of every key in every service, so it never changes
/// @param plan the name of its limits
/// @param origins of pages that may call the platform with its tokens, as browsers send them
/// @param disabledAt since when none of its tokens is accepted and none is issued
@JsonInclude(JsonInclude.Include.NON_NULL)
record Tenant(
    String tenantId,
    String name,
    String plan,
    List<String> origins,
    Instant createdAt,
    @Nullable Instant disabledAt) {}
