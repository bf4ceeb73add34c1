package io.plimsoll.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamEndTests {

  private static HttpHeaders accept(CharSequence... fields) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (CharSequence field : fields) {
      headers.add("Accept", field);
    }
    return headers;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream\t ",
        "application/json,text/event-stream",
        ",, text/event-stream ,",
        "text/event-stream;q=0, text/event-stream;charset=utf-8",
        "text/event-stream;q=0.001",
        "text/event-stream ; Q=1.000",
        "text/event-stream;q",
        "text/event-stream;",
        "text/event-stream;p=\";q=0\"",
        "a/b;p=\"\\\",\", text/event-stream;q=.5"
      })
  void theTypeItselfIsAWish(String field) {
    assertThat(StreamEnd.wanted(accept(field))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*/*",
        "text/*",
        "application/json",
        "text/event-stream-x",
        "x-text/event-stream",
        "text/event-stream/x",
        "text/event-stream x",
        "text/event-stream;q=0",
        "text/event-stream;q=0, application/json",
        "text/event-stream;q=0.0",
        "text/event-stream;q=0.00",
        "text/event-stream;q=0.000",
        "text/event-stream ;\tQ = 0. ",
        "text/event-stream;charset=utf-8;q=0",
        "text/event-stream;p=\"a;b\";q=0",
        "a/b;p=\"text/event-stream\"",
        "a/b;p=\", text/event-stream, \"",
        "a/b;p=\"\\\", text/event-stream"
      })
  void anythingElseIsNone(String field) {
    assertThat(StreamEnd.wanted(accept(field))).isFalse();
  }

  @Test
  void everyFieldCounts() {
    assertThat(StreamEnd.wanted(accept())).isFalse();
    assertThat(StreamEnd.wanted(accept("a/b", "text/event-stream"))).isTrue();
    assertThat(StreamEnd.wanted(accept("text/event-stream;q=0", "text/event-stream"))).isTrue();
    // as HTTP/2 has them
    assertThat(StreamEnd.wanted(accept(AsciiString.of("a/b, TEXT/event-stream")))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      textBlock =
          """
          text/event-stream, true
          Text/Event-Stream; charset=utf-8, true
          text/event-stream;charset=utf-8, true
          text/event-stream-x, false
          text/plain, false
          none, false
          """)
  void knowsTheTypeOfAnAnswer(String type, boolean stream) {
    assertThat(StreamEnd.isType(type)).isEqualTo(stream);
  }
}
