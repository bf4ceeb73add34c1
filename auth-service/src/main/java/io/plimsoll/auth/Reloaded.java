package io.plimsoll.auth;

import io.plimsoll.service.UnusableSecretException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.Resource;

/// What a secret file says, read again while the service runs, so that keys change without a
/// restart. A file that is unfit at start keeps the service from starting; one that becomes unfit
/// later is only logged, and what it said before goes on. Thread-safe.
public final class Reloaded<T> {

  private static final Logger log = LoggerFactory.getLogger(Reloaded.class);

  private final String property;
  private final String need;
  private final Resource file;
  private final Function<String, T> parse;
  private String text;
  private String fault = "";
  private volatile T value;

  /// @param property the property that points at the file
  /// @param need what it must point at, for the operator
  /// @param parse reads the file's text; throws [UnusableSecretException] for what is unfit
  public Reloaded(
      String property, String need, @Nullable Resource file, Function<String, T> parse) {
    this.property = property;
    this.need = need;
    this.parse = parse;
    if (file == null) {
      throw unusable("is not set", null);
    }
    this.file = file;
    this.text = read();
    this.value = parse.apply(text);
  }

  public T get() {
    return value;
  }

  /// Reads the file again.
  public synchronized void reload() {
    try {
      String now = read();
      if (!now.equals(text)) {
        value = parse.apply(now);
        text = now;
        log.info("{} was read anew", property);
      }
      fault = "";
    } catch (UnusableSecretException e) {
      // once, not at every attempt
      if (!Objects.equals(e.getMessage(), fault)) {
        fault = String.valueOf(e.getMessage());
        log.warn("{}; what it said before goes on", fault);
      }
    }
  }

  private String read() {
    try {
      return file.getContentAsString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unusable("can't be read (" + file.getDescription() + ")", e);
    }
  }

  private UnusableSecretException unusable(String what, @Nullable Throwable cause) {
    return new UnusableSecretException(property, what, need, cause);
  }
}
