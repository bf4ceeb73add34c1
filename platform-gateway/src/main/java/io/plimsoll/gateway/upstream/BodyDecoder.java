package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;

/// Takes the body of one answer out of its transfer coding (RFC 9112, sections 6 and 7): chunked,
/// of a known length, or up to the end of the connection.
final class BodyDecoder {

  /// Longest line of a chunk's size, and of trailers in all: nobody needs either.
  private static final int LONGEST = 8 << 10;

  private static final int MOST_DIGITS = 8;

  private enum State {
    SIZE,
    EXTENSION,
    DATA,
    AFTER_DATA,
    TRAILER,
    /// Of a known length.
    LENGTH,
    /// Up to the end of the connection.
    REST,
    ENDED
  }

  private State state;
  private long left;
  private int digits;
  private int skipped;
  private boolean lineEmpty;

  private BodyDecoder(State state, long left) {
    this.state = state;
    this.left = left;
  }

  static BodyDecoder of(HttpResponse head) {
    if (HttpUtil.isTransferEncodingChunked(head)) {
      return new BodyDecoder(State.SIZE, 0);
    }
    long length = HttpUtil.getContentLength(head, -1L);
    return length < 0 ? new BodyDecoder(State.REST, 0) : new BodyDecoder(State.LENGTH, length);
  }

  /// Whether all of the body was seen.
  boolean ended() {
    return state == State.ENDED;
  }

  /// Whether the end of the connection is the body's.
  boolean endsByClosing() {
    return state == State.REST;
  }

  /// Moves what is body from `in` to `out`; false when it makes no sense.
  boolean decode(ByteBuf in, ByteBuf out) {
    while (in.isReadable()) {
      switch (state) {
        case DATA, LENGTH -> {
          int length = (int) Math.min(left, in.readableBytes());
          out.writeBytes(in, length);
          left -= length;
          if (left == 0) {
            state = state == State.DATA ? State.AFTER_DATA : State.ENDED;
          }
        }
        case REST -> out.writeBytes(in);
        case ENDED -> in.skipBytes(in.readableBytes());
        case SIZE -> {
          if (!size(in.readByte())) {
            return false;
          }
        }
        case EXTENSION -> {
          if (!extension(in.readByte())) {
            return false;
          }
        }
        case AFTER_DATA -> {
          if (!afterData(in.readByte())) {
            return false;
          }
        }
        case TRAILER -> {
          if (!trailer(in.readByte())) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private boolean size(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      left = left * 16 + digit;
      return ++digits <= MOST_DIGITS;
    }
    if (digits == 0 || (b != '\r' && b != '\n' && b != ';' && b != ' ' && b != '\t')) {
      return false;
    }
    state = State.EXTENSION;
    skipped = 0;
    return b != '\n' || sizeEnded();
  }

  private boolean extension(byte b) {
    return b == '\n' ? sizeEnded() : ++skipped <= LONGEST;
  }

  private boolean afterData(byte b) {
    if (b == '\n') {
      state = State.SIZE;
      digits = 0;
      left = 0;
    }
    return b == '\n' || b == '\r';
  }

  private boolean trailer(byte b) {
    if (b == '\n') {
      if (lineEmpty) {
        state = State.ENDED;
      }
      lineEmpty = true;
    } else if (b != '\r') {
      lineEmpty = false;
    }
    return ++skipped <= LONGEST;
  }

  private boolean sizeEnded() {
    skipped = 0;
    lineEmpty = true;
    state = left == 0 ? State.TRAILER : State.DATA;
    return true;
  }
}
