package io.plimsoll.auth.tenant;

import io.plimsoll.auth.Ids;
import io.plimsoll.auth.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// The operators' view of the tenants.
@InternalPort
@RestController
class TenantsController {

  record Named(@NotBlank @Size(max = 200) String name) {}

  /// @param next the `after` of the next page; absent on the last
  record Page(List<Tenant> tenants, @Nullable String next) {}

  private final Tenants tenants;

  TenantsController(Tenants tenants) {
    this.tenants = tenants;
  }

  @PutMapping("/admin/v1/tenants/{tenant}")
  ResponseEntity<Tenant> put(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant, @Valid @RequestBody Named named) {
    Tenants.Put put = tenants.put(tenant, named.name());
    return ResponseEntity.status(put.created() ? HttpStatus.CREATED : HttpStatus.OK)
        .body(put.tenant());
  }

  @GetMapping("/admin/v1/tenants/{tenant}")
  Tenant get(@PathVariable @Pattern(regexp = Ids.PATTERN) String tenant) {
    return tenants.find(tenant).orElseThrow(() -> new UnknownTenantException(tenant));
  }

  @GetMapping("/admin/v1/tenants")
  Page list(
      @RequestParam(defaultValue = "") @Pattern(regexp = "|" + Ids.PATTERN) String after,
      @RequestParam(defaultValue = "100") @Min(1) @Max(1000) int limit) {
    List<Tenant> page = tenants.page(after, limit);
    return new Page(page, page.size() < limit ? null : page.getLast().tenantId());
  }
}
