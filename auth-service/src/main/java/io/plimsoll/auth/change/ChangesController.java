package io.plimsoll.auth.change;

import io.plimsoll.service.internalport.InternalPort;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.Objects;
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
      @RequestParam(required = false) @Min(0) @Nullable Long after,
      @RequestParam(required = false) @Nullable UUID mark,
      @RequestParam(required = false) @Min(1) @Max(1000) @Nullable Integer limit) {
    return changes.after(
        Objects.requireNonNullElse(after, 0L), mark, Objects.requireNonNullElse(limit, 1000));
  }
}
