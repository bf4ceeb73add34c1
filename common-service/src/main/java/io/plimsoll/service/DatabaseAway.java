package io.plimsoll.service;

import java.sql.SQLException;
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
      if ((t instanceof SQLException sql && passes(sql.getSQLState()))
          || t instanceof TransientDataAccessException
          || t instanceof DataAccessResourceFailureException
          || t instanceof NonTransientDataAccessResourceException
          || t instanceof CannotCreateTransactionException
          || t instanceof TransactionSystemException) {
        return new UnavailableException("The database can't do this now; repeat the request.");
      }
    }
    return null;
  }

  /// SQL states of PostgreSQL that pass, some of which Spring does not sort: no connection (08),
  /// rolled back (40), out of something (53), cancelled, stopping or starting (57), a lock not had
  /// (55P03), a transaction idle for too long (25P03). The connection pool says without a state
  /// that it has closed a broken connection, and of a rollback that fails for that, Hibernate keeps
  /// only this as the cause.
  private static boolean passes(@Nullable String state) {
    return state == null
        || state.startsWith("08")
        || state.startsWith("40")
        || state.startsWith("53")
        || state.startsWith("57")
        || state.equals("55P03")
        || state.equals("25P03");
  }
}
