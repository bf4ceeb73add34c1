package io.plimsoll.gateway.identity;

import io.netty.util.AsciiString;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.call.Verified;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Gets the internal token by which the service will know the caller.
public final class Exchange implements Step {

  private final InternalTokens tokens;

  Exchange(InternalTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    Verified caller = call.caller();
    if (caller == null) {
      return null;
    }
    AsciiString kept = tokens.kept(caller, call.service());
    if (kept != null) {
      call.authorization(kept);
      return null;
    }
    return tokens.made(caller, call.service()).doOnNext(call::authorization).then();
  }
}
