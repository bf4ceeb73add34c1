package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;
import io.plimsoll.gateway.call.Call;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.channel.ChannelOperations;

/// A stream that has its client's connection to itself: HTTP/1.1 in chunks, HTTP/1.0 up to the end
/// of the connection. It is the only handler left there.
///
/// The server waits at its shutdown for what it takes for an operation under way, which is what
/// this says it is when it is asked.
final class ChannelOut extends ChannelInboundHandlerAdapter implements StreamOut, Connection {

  /// Bytes after the request that a client may send before it is taken for broken.
  private static final int MAX_UNASKED = 64 << 10;

  /// Room for a chunk's size: seven digits and a line end.
  private static final int ROOM = 9;

  private static final ByteBuf LAST_CHUNK =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(5).writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));

  private final Call call;
  private final Channel channel;
  private final boolean chunked;
  private @Nullable StreamRelay relay;
  private int unasked;
  private boolean over;
  private long bytesOut;

  ChannelOut(Call call) {
    this.call = call;
    this.channel = call.channel();
    this.chunked = call.knowsChunks();
  }

  @Override
  public void begin(int status, StreamRelay starting) {
    relay = starting;
    call.commit(status);
    ByteBuf head = head(status);
    Pipelines.leaveTo(channel.pipeline(), this);
    bind();
    channel.config().setAutoRead(true); // to notice that the client leaves
    call.detach();
    var _ = channel.writeAndFlush(head, channel.voidPromise());
  }

  private ByteBuf head(int status) {
    HttpHeaders headers = call.answerHeaders();
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    if (chunked) {
      headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    StringBuilder head = new StringBuilder(512);
    head.append("HTTP/1.1 ").append(HttpResponseStatus.valueOf(status)).append("\r\n");
    for (Map.Entry<String, String> header : headers) {
      head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    return Unpooled.copiedBuffer(head.append("\r\n"), StandardCharsets.ISO_8859_1);
  }

  @Override
  public ByteBuf buffer(int length) {
    ByteBuf buffer = channel.alloc().buffer(ROOM + length + 2);
    return buffer.setIndex(ROOM, ROOM);
  }

  @Override
  public void write(ByteBuf bytes) {
    bytesOut += bytes.readableBytes();
    if (chunked) {
      enclose(bytes);
    }
    var _ = channel.write(bytes, channel.voidPromise());
  }

  private static void enclose(ByteBuf bytes) {
    int length = bytes.readableBytes();
    bytes.writeByte('\r').writeByte('\n');
    int at = bytes.readerIndex();
    bytes.setByte(--at, '\n');
    bytes.setByte(--at, '\r');
    for (int rest = length; rest > 0; rest >>>= 4) {
      bytes.setByte(--at, Character.forDigit(rest & 15, 16));
    }
    bytes.readerIndex(at);
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean takesAll() {
    return call.whenRead(null, relay()::clientIsReady);
  }

  @Override
  public void end() {
    finish(false);
    ChannelFuture last =
        channel
            .writeAndFlush(chunked ? LAST_CHUNK.duplicate() : Unpooled.EMPTY_BUFFER)
            .addListener(ChannelFutureListener.CLOSE);
    var _ = call.whenRead(last, () -> {});
  }

  @Override
  public void cut() {
    finish(false);
    giveUp();
  }

  @Override
  public void giveUp() {
    call.giveUp();
  }

  @Override
  public void left() {
    finish(true);
    var _ = channel.close();
  }

  private void finish(boolean left) {
    over = true;
    call.ended(bytesOut, left);
  }

  private StreamRelay relay() {
    return Objects.requireNonNull(relay);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!over) {
      relay().clientLeft();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes) {
      unasked += bytes.readableBytes();
      if (unasked > MAX_UNASKED) {
        var _ = channel.close();
      }
    }
    ReferenceCountUtil.release(message);
  }

  /// The connection broke.
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = channel.close();
  }

  // what the server sees

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public <T extends Connection> @Nullable T as(Class<T> type) {
    return type == ChannelOperations.class
        ? type.cast(new ChannelOperations<>(this, ConnectionObserver.emptyListener()))
        : null;
  }

  @Override
  public boolean isPersistent() {
    return false;
  }
}
