package io.plimsoll.service.internalport;

import org.springframework.core.io.Resource;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// Shows operators the OpenAPI document of what they may call, if the service has one: a file
/// `admin-openapi.json` at the root of its class path. No static resource, for those are served on
/// the public port.
@RestController
class AdminDocumentController {

  static final String DOCUMENT = "classpath:admin-openapi.json";

  private final Resource document;

  AdminDocumentController(Resource document) {
    this.document = document;
  }

  @GetMapping(path = "/admin/openapi.json", produces = MediaType.APPLICATION_JSON_VALUE)
  Resource document() {
    return document;
  }
}
