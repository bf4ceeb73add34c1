package io.plimsoll.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataIntegrityViolationException;

class DatabaseAwayTests {

  /// As a wrapper by Hibernate, which Spring cannot sort.
  private static Throwable wrapped(@Nullable String state) {
    return new IllegalStateException(
        "Unable to rollback against JDBC Connection",
        new RuntimeException(new SQLException("Connection is closed", state)));
  }

  @ParameterizedTest
  @NullSource // of the connection pool
  @ValueSource(strings = {"08006", "40001", "53300", "57P01", "55P03", "25P03"})
  void takesWhatPassesForUnavailable(@Nullable String state) {
    assertThat(new DatabaseAway().map(wrapped(state))).isInstanceOf(UnavailableException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"23505", "42601", "22001", "25P02"})
  void leavesOurMistakesToOthers(String state) {
    assertThat(new DatabaseAway().map(wrapped(state))).isNull();
  }

  @Test
  void leavesWhatIsNoMatterOfTheDatabase() {
    assertThat(new DatabaseAway().map(new IllegalStateException("a bug"))).isNull();
    assertThat(new DatabaseAway().map(new DataIntegrityViolationException("taken"))).isNull();
  }
}
