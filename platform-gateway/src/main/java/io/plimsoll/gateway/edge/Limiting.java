package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Step;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.limit.Limits;
import io.plimsoll.gateway.limit.Ruling;
import io.plimsoll.gateway.revocation.Bearer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Has a unit taken for each request of a known caller, and a place for each stream and long poll.
/// Paths that ask for no token are not limited by tenant.
public final class Limiting implements Step {

  private final Limits limits;

  Limiting(Limits limits) {
    this.limits = limits;
  }

  @Override
  public @Nullable Mono<Void> pass(Call call) {
    Verified caller = call.caller();
    if (caller == null) {
      return null;
    }
    Bearer bearer = caller.bearer();
    String routeClass = call.routeClass();
    Late late = new Late();
    Ruling ruling = limits.admit(bearer, routeClass, late);
    if (ruling != null) {
      apply(call, ruling);
      return call.isLive() ? place(call, bearer, routeClass) : null;
    }
    call.undecided(); // a unit may be taken for it though the client has left
    Mono<Void> admitted =
        late.ruling
            .doOnNext(found -> apply(call, found))
            .doFinally(_ -> call.execute(call::decided))
            .then();
    return call.isLive()
        ? admitted.then(Mono.defer(() -> place(call, bearer, routeClass)))
        : admitted;
  }

  /// A ruling that comes from another thread, perhaps before it is waited for.
  private static final class Late implements Consumer<Ruling> {

    private final Sinks.One<Ruling> sink = Sinks.one();
    private final Mono<Ruling> ruling = sink.asMono();

    @Override
    public void accept(Ruling found) {
      sink.tryEmitValue(found).orThrow();
    }
  }

  private static void apply(Call call, Ruling ruling) {
    switch (ruling) {
      case Ruling.Refused refused -> throw refused.problem().exception();
      case Ruling.Admitted admitted -> {
        if (admitted.policy() != null && admitted.limit() != null) {
          call.admitted(admitted.policy(), admitted.limit());
        }
      }
    }
  }

  private Mono<Void> place(Call call, Bearer bearer, String routeClass) {
    return Mono.fromCompletionStage(() -> limits.open(bearer, routeClass))
        .doOnNext(
            place -> {
              call.execute(() -> call.whenOver(place::close));
              if (place.ruling() instanceof Ruling.Refused refused) {
                throw refused.problem().exception();
              }
            })
        .then();
  }
}
