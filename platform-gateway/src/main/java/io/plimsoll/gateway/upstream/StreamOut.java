package io.plimsoll.gateway.upstream;

import io.netty.buffer.ByteBuf;

/// Where the bytes of a stream go.
interface StreamOut {

  /// Sends the head of the answer; from then on the relay is told what the client does.
  void begin(int status, StreamRelay relay);

  /// An empty buffer for so many bytes.
  ByteBuf buffer(int length);

  /// Adds what was put into such a buffer; it leaves with the next flush.
  void write(ByteBuf bytes);

  void flush();

  /// Whether the client has taken all that was flushed; if not, the relay is told when it has, or
  /// that it left.
  boolean takesAll();

  /// Ends the stream so that the client knows it is whole.
  void end();

  /// Breaks it off.
  void cut();

  /// Keeps nothing for the client any longer, of a stream that was ended.
  void giveUp();

  /// The client broke it off.
  void left();
}
