package io.plimsoll.auth.usage;

import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// Shows operators what a tenant used, as the tenant sees it.
@InternalPort
@RestController
class OperatorUsageController {

  private final UsageReader reader;

  OperatorUsageController(UsageReader reader) {
    this.reader = reader;
  }

  @GetMapping(
      path = "/admin/v1/tenants/{tenant}/usage",
      produces = MediaType.APPLICATION_JSON_VALUE)
  UsageReader.Report usage(
      @PathVariable @Pattern(regexp = Ids.PATTERN) String tenant,
      @RequestParam(required = false) @Nullable String from,
      @RequestParam(required = false) @Nullable String to,
      @RequestParam(defaultValue = "hour") String step) {
    return reader.read(tenant, from, to, step);
  }
}
