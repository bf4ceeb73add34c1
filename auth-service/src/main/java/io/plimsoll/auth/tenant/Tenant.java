package io.plimsoll.auth.tenant;

import java.time.Instant;

/// A customer of the platform.
///
/// @param tenantId the operator's choice; part of every key in every service, so it never changes
record Tenant(String tenantId, String name, Instant createdAt) {}
