package io.plimsoll.ratelimit.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.ratelimit.policy.Policy.Per;
import io.plimsoll.ratelimit.policy.Policy.StoreAway;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// The policies, for operators to keep and for gateways to follow.
@InternalPort
@RestController
class PoliciesController {

  /// It names a bucket and stands in headers as a structured field's string.
  private static final String LIMIT = "[a-z0-9][a-z0-9-]{0,63}";

  /// A policy as an operator writes it; see [Policy]. A rate has at least one unit in eleven days.
  record Written(
      @NotNull @Pattern(regexp = LIMIT) String limit,
      @Nullable @Pattern(regexp = Ids.PATTERN) String plan,
      @Nullable @Pattern(regexp = Ids.PATTERN) String tenant,
      @Nullable @Pattern(regexp = Ids.PATTERN) String apiKey,
      @Nullable @Pattern(regexp = Ids.PATTERN) String user,
      @Nullable @Pattern(regexp = Ids.PATTERN) String routeClass,
      @NotNull Per per,
      @Nullable @DecimalMin("0.000001") @DecimalMax("1000000") Double rate,
      @Nullable @Min(1) @Max(100_000_000) Long burst,
      @Nullable @Min(1) @Max(100_000_000) Integer streams,
      @Nullable Boolean exact,
      @Nullable Boolean shadow,
      @Nullable StoreAway storeAway) {

    Policy as(String id) {
      if ((rate == null) != (burst == null) || (rate == null) == (streams == null)) {
        throw new InvalidPolicyException("Either rate and burst are needed, or streams.");
      }
      if (tenant == null && (apiKey != null || user != null)) {
        throw new InvalidPolicyException("apiKey and user need their tenant.");
      }
      return new Policy(
          id,
          limit,
          plan,
          tenant,
          apiKey,
          user,
          routeClass,
          per,
          rate,
          burst,
          streams,
          Boolean.TRUE.equals(exact),
          Boolean.TRUE.equals(shadow),
          storeAway == null ? StoreAway.SHARE : storeAway);
    }
  }

  /// @param next the `after` of the next page, maybe empty; absent where a page is not full
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Page(List<Policy> policies, @Nullable String next) {}

  private final Policies policies;
  private final CurrentPolicies current;

  PoliciesController(Policies policies, CurrentPolicies current) {
    this.policies = policies;
    this.current = current;
  }

  @GetMapping("/internal/v1/policies")
  ResponseEntity<String> current(
      @RequestHeader(name = "If-None-Match", required = false) @Nullable String known) {
    CurrentPolicies.Snapshot snapshot = current.snapshot();
    String tag = "\"" + snapshot.version() + "\"";
    if (tag.equals(known)) {
      return ResponseEntity.status(HttpStatus.NOT_MODIFIED).eTag(tag).build();
    }
    return ResponseEntity.ok()
        .eTag(tag)
        .contentType(MediaType.APPLICATION_JSON)
        .body(snapshot.json());
  }

  @PutMapping(path = "/admin/v1/policies/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<Policy> put(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String id, @Valid @RequestBody Written written) {
    Policy policy = written.as(id);
    boolean created = policies.put(policy);
    return ResponseEntity.status(created ? HttpStatus.CREATED : HttpStatus.OK).body(policy);
  }

  @GetMapping(path = "/admin/v1/policies/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
  Policy get(@PathVariable @Pattern(regexp = Ids.PATTERN) String id) {
    return policies.find(id).orElseThrow(() -> new UnknownPolicyException(id));
  }

  @DeleteMapping("/admin/v1/policies/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable @Pattern(regexp = Ids.PATTERN) String id) {
    if (!policies.delete(id)) {
      throw new UnknownPolicyException(id);
    }
  }

  @GetMapping(path = "/admin/v1/policies", produces = MediaType.APPLICATION_JSON_VALUE)
  Page list(
      @RequestParam(defaultValue = "") @Pattern(regexp = "|" + Ids.PATTERN) String after,
      @RequestParam(required = false) @Min(1) @Max(1000) @Nullable Integer limit) {
    int most = Objects.requireNonNullElse(limit, 100);
    List<Policy> page = policies.page(after, most);
    return new Page(page, page.size() < most ? null : page.getLast().id());
  }
}
