package io.plimsoll.gateway.call;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.answer.ProblemException;
import io.plimsoll.gateway.answer.StreamEnd;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/// Writes every answer that is the gateway's own: problem details, or the end of a stream where the
/// client would give up on an error status. Nothing of the inside is in them; what is our fault is
/// logged here and nowhere else.
public final class Answers {

  private static final Logger log = LoggerFactory.getLogger(Answers.class);

  private final JsonMapper json;

  public Answers(JsonMapper json) {
    this.json = json;
  }

  /// Answers a call that can't go on.
  public void refuse(Call call, Throwable thrown) {
    if (thrown instanceof ProblemException known) {
      write(call, known.problem());
      return;
    }
    if (call.isOver()) {
      return;
    }
    log.error("{} {} failed", call.method(), call.path(), thrown);
    if (call.isBegun()) {
      call.breakOff();
    } else {
      write(call, Problem.of(500, "internal", "The gateway failed; the fault is ours."));
    }
  }

  /// Answers with a problem, or as [StreamEnd] says.
  public void write(Call call, Problem problem) {
    if (call.isOver()) {
      return;
    }
    boolean comesBack = problem.status() >= 500 || problem.status() == 429;
    if (comesBack && call.wantsEvents()) {
      call.means(problem.status());
      end(call, problem.status() == 429 ? "rate_limited" : "unavailable");
      return;
    }
    HttpHeaders headers = call.answerHeaders();
    problem.headers().forEach(headers::set);
    headers.set(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    call.answer(problem.status(), Unpooled.wrappedBuffer(problem.body(json)));
  }

  /// A stream that ends before it began; the client comes back.
  public void end(Call call, String reason) {
    HttpHeaders headers = call.answerHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, StreamEnd.TYPE);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-cache, no-transform");
    headers.set("X-Accel-Buffering", "no");
    byte[] event = StreamEnd.reconnect(reason).getBytes(StandardCharsets.UTF_8);
    call.answer(200, Unpooled.wrappedBuffer(event));
  }
}
