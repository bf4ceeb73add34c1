package io.plimsoll.auth.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// The audit log, for operators.
@InternalPort
@RestController
class AuditController {

  /// @param next the `after` of the next page, maybe empty; absent where a page is not full
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Page(List<Audit.Entry> entries, @Nullable Long next) {}

  private final Audit audit;

  AuditController(Audit audit) {
    this.audit = audit;
  }

  @GetMapping(path = "/admin/v1/audit", produces = MediaType.APPLICATION_JSON_VALUE)
  Page page(
      @RequestParam(defaultValue = "0") @Min(0) long after,
      @RequestParam(defaultValue = "100") @Min(1) @Max(1000) int limit,
      @RequestParam(required = false) @Pattern(regexp = Ids.PATTERN) @Nullable String tenant) {
    List<Audit.Entry> entries = audit.page(after, limit, tenant);
    return new Page(entries, entries.size() < limit ? null : entries.getLast().number());
  }
}
