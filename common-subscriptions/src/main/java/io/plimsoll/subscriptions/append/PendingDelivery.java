package io.plimsoll.subscriptions.append;

import java.util.HashSet;
import java.util.Set;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/// The one append of a transaction, until its end; bound to the thread so that a second is noticed,
/// also while another transaction runs in between.
final class PendingDelivery implements TransactionSynchronization {

  private final Object key;
  private final Runnable delivery;

  /// Savepoints set since the append: rolling back to one of these leaves it in place.
  private final Set<Object> savepoints = new HashSet<>();

  private boolean undone;

  PendingDelivery(Object key, Runnable delivery) {
    this.key = key;
    this.delivery = delivery;
  }

  void bind() {
    TransactionSynchronizationManager.bindResource(key, this);
  }

  @Override
  public void suspend() {
    unbind();
  }

  @Override
  public void resume() {
    if (!undone) {
      bind();
    }
  }

  @Override
  public void savepoint(Object savepoint) {
    savepoints.add(savepoint);
  }

  @Override
  public void savepointRollback(Object savepoint) {
    if (!undone && !savepoints.contains(savepoint)) {
      undone = true;
      unbind();
    }
  }

  @Override
  public void afterCommit() {
    if (!undone) {
      delivery.run();
    }
  }

  @Override
  public void afterCompletion(int status) {
    if (!undone) {
      unbind();
    }
  }

  private void unbind() {
    TransactionSynchronizationManager.unbindResourceIfPossible(key);
  }
}
