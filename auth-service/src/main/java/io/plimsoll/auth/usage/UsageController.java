package io.plimsoll.auth.usage;

import io.plimsoll.auth.TenantOnlyException;
import io.plimsoll.service.Caller;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// Shows a tenant what it used.
@RestController
class UsageController {

  private final UsageReader reader;

  UsageController(UsageReader reader) {
    this.reader = reader;
  }

  @GetMapping(path = "/auth/v1/usage", produces = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<UsageReader.Report> usage(
      Caller caller,
      @RequestParam(required = false) @Nullable String from,
      @RequestParam(required = false) @Nullable String to,
      @RequestParam(defaultValue = "hour") String step) {
    TenantOnlyException.check(caller, "auth:read");
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noStore())
        .body(reader.read(caller.tenant(), from, to, step));
  }
}
