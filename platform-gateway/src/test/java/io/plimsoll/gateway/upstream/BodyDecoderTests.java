package io.plimsoll.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyDecoderTests {

  private static HttpResponse head() {
    return new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
  }

  private static BodyDecoder chunked() {
    HttpResponse head = head();
    head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
    return BodyDecoder.of(head);
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  @Test
  void readsChunksHoweverTheyAreCut() {
    String coded = "5\r\nhello\r\n0A;x=\"y\"\r\n0123456789\r\n1\n!\n0\r\nTrailer: x\r\n\r\nmore";
    for (int step = 1; step <= coded.length(); step++) {
      BodyDecoder decoder = chunked();
      ByteBuf out = Unpooled.buffer();
      for (int at = 0; at < coded.length(); at += step) {
        ByteBuf in = bytes(coded.substring(at, Math.min(coded.length(), at + step)));
        assertThat(decoder.decode(in, out)).isTrue();
      }
      assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo("hello0123456789!");
      assertThat(decoder.ended()).isTrue();
      assertThat(decoder.endsByClosing()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "x\r\n", "-1\r\n", "123456789\r\n", "2\r\nabc", "+1\r\na\r\n"})
  void refusesWhatMakesNoSense(String coded) {
    assertThat(chunked().decode(bytes(coded), Unpooled.buffer())).isFalse();
  }

  @Test
  void readsSoMuchAsWasAnnouncedOrUpToTheEnd() {
    HttpResponse five = head();
    five.headers().set(HttpHeaderNames.CONTENT_LENGTH, 5);
    BodyDecoder decoder = BodyDecoder.of(five);
    ByteBuf out = Unpooled.buffer();
    assertThat(decoder.decode(bytes("hel"), out)).isTrue();
    assertThat(decoder.ended()).isFalse();
    assertThat(decoder.decode(bytes("lo!"), out)).isTrue();
    assertThat(decoder.ended()).isTrue();
    assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo("hello");
    BodyDecoder rest = BodyDecoder.of(head());
    assertThat(rest.decode(bytes("0\r\n\r\n"), out)).isTrue();
    assertThat(rest.ended()).isFalse();
    assertThat(rest.endsByClosing()).isTrue();
  }
}
