package io.plimsoll.auth.tenant;

import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/// The gateways' view of the tenants.
@InternalPort
@RestController
class GatewayTenantsController {

  record Facts(String tenant, boolean disabled, String plan, List<String> origins) {}

  private final Tenants tenants;

  GatewayTenantsController(Tenants tenants) {
    this.tenants = tenants;
  }

  @GetMapping("/internal/v1/tenants/{tenant}")
  Facts get(@PathVariable @Pattern(regexp = Ids.PATTERN) String tenant) {
    return tenants
        .find(tenant)
        .map(
            found ->
                new Facts(
                    found.tenantId(), found.disabledAt() != null, found.plan(), found.origins()))
        .orElseThrow(() -> new UnknownTenantException(tenant));
  }
}
