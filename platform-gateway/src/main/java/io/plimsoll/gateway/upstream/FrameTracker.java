package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;

/// Follows the bytes of an event stream and knows whether the last ones ended a frame: a blank
/// line, with any of the line ends that the standard allows (CR, LF, CRLF).
final class FrameTracker {

  private boolean lineEmpty = true;
  private boolean afterCarriageReturn;
  private boolean atBoundary = true;

  /// Whether something may be said here without splitting a frame.
  boolean atBoundary() {
    return atBoundary;
  }

  /// Follows all of these bytes. Only the line ends at their end say anything about the state after
  /// them, so only those are looked at.
  void advance(ByteBuf bytes) {
    int other = bytes.forEachByteDesc(ByteProcessor.FIND_NON_CRLF);
    int from = bytes.readerIndex();
    if (other >= 0) {
      next(bytes.getByte(other));
      from = other + 1;
    }
    for (int i = from; i < bytes.writerIndex(); i++) {
      next(bytes.getByte(i));
    }
  }

  /// Index just after the first frame end in these bytes, or -1 with all of them followed.
  int advanceToBoundary(ByteBuf bytes) {
    for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
      next(bytes.getByte(i));
      if (atBoundary) {
        return i + 1;
      }
    }
    return -1;
  }

  private void next(byte b) {
    if (b == '\n' && afterCarriageReturn) {
      afterCarriageReturn = false; // second half of one line end
      return;
    }
    afterCarriageReturn = b == '\r';
    if (b == '\n' || b == '\r') {
      atBoundary = lineEmpty;
      lineEmpty = true;
    } else {
      atBoundary = false;
      lineEmpty = false;
    }
  }
}
