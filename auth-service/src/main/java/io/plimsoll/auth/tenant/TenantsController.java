package io.plimsoll.auth.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.auth.AuthProperties;
import io.plimsoll.auth.audit.Actor;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// The operators' view of the tenants.
@InternalPort
@RestController
class TenantsController {

  private static final String PLAN = "[a-z][a-z0-9-]{0,63}";

  /// What is absent stays as it is; of a new tenant, plan `default`, no origins, not disabled.
  record WantedTenant(
      @NotBlank @Size(max = 200) String name,
      @Pattern(regexp = PLAN) @Nullable String plan,
      @Nullable List<@Nullable String> origins,
      @Nullable Boolean disabled) {}

  /// @param next the `after` of the next page, maybe empty; absent where a page is not full
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Page(List<Tenant> tenants, @Nullable String next) {}

  private final Tenants tenants;
  private final int originsPerTenant;

  TenantsController(Tenants tenants, AuthProperties properties) {
    this.tenants = tenants;
    this.originsPerTenant = properties.originsPerTenant();
  }

  @PutMapping(path = "/admin/v1/tenants/{tenant}", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<Tenant> put(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @Valid @RequestBody WantedTenant wanted,
      @RequestAttribute(InternalPort.OPERATOR) String operator) {
    List<String> origins =
        wanted.origins() == null ? null : Origins.checked(wanted.origins(), originsPerTenant);
    Tenants.Put put =
        tenants.put(
            tenant,
            new Tenants.Wanted(wanted.name(), wanted.plan(), origins, wanted.disabled()),
            Actor.operator(operator));
    return ResponseEntity.status(put.created() ? HttpStatus.CREATED : HttpStatus.OK)
        .body(put.tenant());
  }

  @GetMapping(path = "/admin/v1/tenants/{tenant}", produces = MediaType.APPLICATION_JSON_VALUE)
  Tenant get(@PathVariable @Pattern(regexp = Ids.PATTERN) String tenant) {
    return tenants.find(tenant).orElseThrow(() -> new UnknownTenantException(tenant));
  }

  @GetMapping(path = "/admin/v1/tenants", produces = MediaType.APPLICATION_JSON_VALUE)
  Page list(
      @RequestParam(defaultValue = "") @Pattern(regexp = "|" + Ids.PATTERN) String after,
      @RequestParam(required = false) @Min(1) @Max(1000) @Nullable Integer limit) {
    int most = Objects.requireNonNullElse(limit, 100);
    List<Tenant> page = tenants.page(after, most);
    return new Page(page, page.size() < most ? null : page.getLast().tenantId());
  }
}
