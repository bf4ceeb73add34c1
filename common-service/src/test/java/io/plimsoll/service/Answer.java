package io.plimsoll.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a service under test answered.
public record Answer(HttpResponse<String> response) {

  private static final JsonMapper JSON = new JsonMapper();

  public int status() {
    return response.statusCode();
  }

  public String body() {
    return response.body();
  }

  public JsonNode json() {
    return JSON.readTree(response.body());
  }

  public String text(String member) {
    return json().path(member).asString();
  }

  /// The value of a header that stands once; empty when absent.
  public String header(String name) {
    return String.join(", ", response.headers().allValues(name));
  }

  public Answer is(int status) {
    assertThat(status()).as(body()).isEqualTo(status);
    return this;
  }

  public Answer isProblem(int status, String cause) {
    is(status);
    assertThat(header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(text("type")).isEqualTo("urn:plimsoll:problem:" + cause);
    return this;
  }

  /// OAuth's own form of an error.
  public Answer isOAuthError(int status, String error) {
    is(status);
    assertThat(header("Content-Type")).isEqualTo("application/json");
    assertThat(header("Cache-Control")).isEqualTo("no-store");
    assertThat(text("error")).as(body()).isEqualTo(error);
    if (status == 401) {
      assertThat(header("WWW-Authenticate")).startsWith("Basic ");
    }
    return this;
  }
}
