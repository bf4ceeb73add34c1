package io.plimsoll.benchmarks.service;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/// Answers 300 bytes of JSON.
@SpringBootApplication
public class TokenServiceApplication {

  public static void main(String[] arguments) {
    SpringApplication.run(TokenServiceApplication.class, arguments);
  }

  @RestController
  static class AnswerController {

    private static final String ANSWER = "{\"text\":\"" + "x".repeat(289) + "\"}";

    @GetMapping(path = "/bench/answer", produces = MediaType.APPLICATION_JSON_VALUE)
    String answer() {
      return ANSWER;
    }
  }
}
