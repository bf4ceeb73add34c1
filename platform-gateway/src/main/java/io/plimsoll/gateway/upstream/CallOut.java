package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.plimsoll.gateway.call.Call;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A stream that shares its connection with others (HTTP/2), or with the rest of its own request.
final class CallOut implements StreamOut {

  private final Call call;
  private @Nullable StreamRelay relay;
  private @Nullable ChannelFuture lastWrite;

  CallOut(Call call) {
    this.call = call;
  }

  @Override
  public void begin(int status, StreamRelay relay) {
    this.relay = relay;
    call.whenClientLeaves(relay::clientLeft);
    call.release();
    // it may end before, and with more than the service has announced
    call.answerHeaders().remove(HttpHeaderNames.CONTENT_LENGTH);
    call.closeAfterwards();
    call.begin(status);
  }

  @Override
  public ByteBuf buffer(int length) {
    return call.channel().alloc().buffer(length);
  }

  @Override
  public void write(ByteBuf bytes) {
    lastWrite = call.write(bytes);
  }

  @Override
  public void flush() {
    call.flush();
  }

  @Override
  public boolean takesAll() {
    ChannelFuture write = lastWrite;
    lastWrite = null;
    return write == null || call.whenRead(write, relay()::clientIsReady);
  }

  private StreamRelay relay() {
    return Objects.requireNonNull(relay);
  }

  @Override
  public void end() {
    call.end();
  }

  @Override
  public void cut() {
    call.breakOff();
  }

  @Override
  public void giveUp() {
    call.giveUp();
  }

  @Override
  public void left() {
    // the call says so itself
  }
}
