package io.plimsoll.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameTrackerTests {

  @ParameterizedTest
  @CsvSource({
    "'', true",
    "'data', false",
    "'data:1\\n', false",
    "'data:1\\n\\n', true",
    "'data:1\\n\\nd', false",
    "'data:1\\r\\n', false",
    "'data:1\\r\\n\\r', true",
    "'data:1\\r\\n\\r\\n', true",
    "'data:1\\r\\r', true",
    "'data:1\\r', false",
    "'data:1\\n\\r\\n', true",
    "':\\n\\n', true",
    "'\\n', true",
    "'data:1\\n\\n\\n\\n', true",
  })
  void knowsWhereAFrameEnds(String escaped, boolean boundary) {
    String text = escaped.replace("\\n", "\n").replace("\\r", "\r");
    FrameTracker whole = new FrameTracker();
    whole.advance(bytes(text));
    assertThat(whole.atBoundary()).isEqualTo(boundary);
    // and byte by byte
    FrameTracker single = new FrameTracker();
    text.chars().forEach(c -> single.advance(bytes(Character.toString(c))));
    assertThat(single.atBoundary()).isEqualTo(boundary);
  }

  @Test
  void findsTheFirstEndWithinBytes() {
    FrameTracker frames = new FrameTracker();
    frames.advance(bytes("data:ha"));
    assertThat(frames.advanceToBoundary(bytes("lf"))).isEqualTo(-1);
    assertThat(frames.advanceToBoundary(bytes("\n"))).isEqualTo(-1);
    assertThat(frames.advanceToBoundary(bytes("\ndata:next\n\n"))).isEqualTo(1);
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }
}
