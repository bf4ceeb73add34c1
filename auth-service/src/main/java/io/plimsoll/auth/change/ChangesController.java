package io.plimsoll.auth.change;

import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// The change log, for gateways.
@InternalPort
@RestController
class ChangesController {

  private final Changes changes;

  ChangesController(Changes changes) {
    this.changes = changes;
  }

  @GetMapping("/internal/v1/changes")
  Changes.Page after(
      @RequestParam(defaultValue = "0") @Min(0) long after,
      @RequestParam(required = false) @Nullable UUID mark,
      @RequestParam(defaultValue = "1000") @Min(1) @Max(1000) int limit) {
    return changes.after(after, mark, limit);
  }
}
