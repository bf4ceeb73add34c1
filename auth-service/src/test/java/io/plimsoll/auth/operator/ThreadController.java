package io.plimsoll.auth.operator;

import io.plimsoll.auth.InternalPort;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// Tells a test which thread the internal port's controllers run on.
@InternalPort
@RestController
class ThreadController {

  @GetMapping("/test/thread")
  String thread() {
    return String.valueOf(Thread.currentThread().isVirtual());
  }
}
