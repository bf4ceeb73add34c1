package io.plimsoll.subscriptions.bus;

class InMemoryBusTests extends BusContract {

  private final InMemoryBus.Wire wire = new InMemoryBus.Wire();

  @Override
  Bus bus() {
    return new InMemoryBus(wire);
  }
}
