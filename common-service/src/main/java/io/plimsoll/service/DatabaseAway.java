package io.plimsoll.service;

import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.web.ErrorResponse;

/// A database that is away, restarting or overloaded (no connection, lock timeout, serialization
/// failure) is 503, not a bug. It is told by the exception or a cause of it, because a commit that
/// fails wraps what happened.
final class DatabaseAway implements ProblemMapping {

  @Override
  public @Nullable ErrorResponse map(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof TransientDataAccessException
          || t instanceof DataAccessResourceFailureException
          || t instanceof NonTransientDataAccessResourceException
          || t instanceof CannotCreateTransactionException
          || t instanceof TransactionSystemException) {
        return new UnavailableException("The database can't be reached; repeat the request.");
      }
    }
    return null;
  }
}
