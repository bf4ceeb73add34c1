package io.plimsoll.ratelimit;

import io.plimsoll.service.internalport.InternalPort;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// Shows operators the OpenAPI document of what they may call. No static resource: those are served
/// on the public port.
@InternalPort
@RestController
class AdminDocumentController {

  private static final Resource DOCUMENT =
      new ClassPathResource("admin-openapi.json", AdminDocumentController.class);

  @GetMapping(path = "/admin/openapi.json", produces = MediaType.APPLICATION_JSON_VALUE)
  Resource document() {
    return DOCUMENT;
  }
}
