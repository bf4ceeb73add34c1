package io.plimsoll.gateway.edge;

import io.plimsoll.gateway.call.Call;
import io.plimsoll.gateway.call.Verified;
import io.plimsoll.gateway.meter.Meter;
import java.util.function.Consumer;

/// Counts each request of a known tenant when it is over; a stream is counted while it is open.
public final class Metering implements Consumer<Call> {

  private final Meter meter;

  Metering(Meter meter) {
    this.meter = meter;
  }

  @Override
  public void accept(Call call) {
    Verified caller = call.caller();
    if (caller != null && !call.isMetered()) {
      meter.request(
          caller.tenant(),
          call.service().name(),
          call.routeClass(),
          call.meaning(),
          call.bytesIn(),
          call.bytesOut(),
          call.isAdmitted());
    }
  }
}
