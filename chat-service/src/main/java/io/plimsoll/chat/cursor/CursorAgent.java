package io.plimsoll.chat.cursor;

import io.plimsoll.chat.place.Agent;
import org.springframework.stereotype.Component;

/// Tells of cursors that are still to be told of. Every node has one; rows that another node's is
/// about to tell of are skipped.
@Component
class CursorAgent extends Agent {

  private static final int BATCH = 100;

  private final Cursors cursors;

  CursorAgent(Cursors cursors, CursorSettings settings) {
    super("cursors", settings.check());
    this.cursors = cursors;
  }

  @Override
  protected boolean work() {
    return cursors.tellUntold(BATCH) == BATCH;
  }
}
