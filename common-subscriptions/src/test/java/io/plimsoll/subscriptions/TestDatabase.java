package io.plimsoll.subscriptions;

import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/// A database for one test, with its superuser.
public record TestDatabase(String url, String username, String password) {

  /// Connections without a pool: each transaction opens one.
  public DataSource dataSource() {
    return new DriverManagerDataSource(url, username, password);
  }
}
