package io.plimsoll.auth.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plimsoll.service.Ids;
import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import java.util.Objects;
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
      @RequestParam(required = false) @Min(0) @Nullable Long after,
      @RequestParam(required = false) @Min(1) @Max(1000) @Nullable Integer limit,
      @RequestParam(required = false) @Pattern(regexp = Ids.PATTERN) @Nullable String tenant) {
    int most = Objects.requireNonNullElse(limit, 100);
    List<Audit.Entry> entries = audit.page(Objects.requireNonNullElse(after, 0L), most, tenant);
    return new Page(entries, entries.size() < most ? null : entries.getLast().number());
  }
}
