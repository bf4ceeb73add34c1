package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.call.Answers;
import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Room;
import io.plimsoll.gateway.call.Step;
import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// What the public port does with a request: the steps, one after another, and then the way to the
/// service. It is the only path of customers' requests.
public final class FrontDoor
    implements BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> {

  private final Step[] steps;
  private final Consumer<Call> route;
  private final List<Consumer<Call>> over;
  private final Answers answers;
  private final Duration bodyTimeout;
  private final Room room;

  /// @param steps in this order
  /// @param route takes a call that passed them all, and answers it
  /// @param over are told of each call at its end
  /// @param properties say how long bodies are waited for
  public FrontDoor(
      List<Step> steps,
      Consumer<Call> route,
      List<Consumer<Call>> over,
      Answers answers,
      Room room,
      EdgeProperties properties) {
    this.steps = steps.toArray(Step[]::new);
    this.route = route;
    this.over = List.copyOf(over);
    this.answers = answers;
    this.room = room;
    this.bodyTimeout = properties.bodyTimeout();
  }

  @Override
  public Publisher<Void> apply(HttpServerRequest request, HttpServerResponse response) {
    return new Call(request, response, call -> pass(call, 0), this::over, bodyTimeout, room);
  }

  private void pass(Call call, int first) {
    try {
      for (int i = first; i < steps.length && !call.isOver(); i++) {
        Mono<Void> later = steps[i].pass(call);
        if (later != null) {
          int next = i + 1;
          var _ =
              later.subscribe(
                  _ -> {},
                  thrown -> call.execute(() -> answers.refuse(call, thrown)),
                  () -> call.execute(() -> pass(call, next)));
          return;
        }
      }
      if (!call.isOver()) {
        route.accept(call);
      }
    } catch (RuntimeException e) {
      answers.refuse(call, e);
    }
  }

  private void over(Call call) {
    for (Consumer<Call> one : over) {
      one.accept(call);
    }
  }
}
