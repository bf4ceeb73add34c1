package io.plimsoll.service;

import java.beans.PropertyEditorSupport;
import java.util.Collection;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.PropertyEditorRegistrar;
import org.springframework.beans.PropertyEditorRegistry;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.GenericConverter;

/// Reads numbers and truth values in paths and queries to the letter: decimal digits without
/// leading zeros, `true` and `false`, once and not empty. Spring would read `0x10`, `#f`, ` 5`,
/// other scripts' digits, `on` and `yes`, and the first of several. It puts a parameter's
/// `defaultValue` in place of an empty one before it is read: let a number be null instead.
///
/// Editors rather than converters: where a converter fails, Spring tries its own editors, which are
/// as lenient.
final class StrictParameters implements PropertyEditorRegistrar {

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,18}");

  @Override
  public void registerCustomEditors(PropertyEditorRegistry registry) {
    Strict integer = new Strict(text -> Integer.valueOf(number(text)));
    registry.registerCustomEditor(Integer.class, integer);
    registry.registerCustomEditor(int.class, integer);
    Strict longs = new Strict(text -> Long.valueOf(number(text)));
    registry.registerCustomEditor(Long.class, longs);
    registry.registerCustomEditor(long.class, longs);
    Strict truth = new Strict(StrictParameters::truth);
    registry.registerCustomEditor(Boolean.class, truth);
    registry.registerCustomEditor(boolean.class, truth);
  }

  private static String number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException("no decimal number");
    }
    return text;
  }

  private static boolean truth(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither true nor false");
    };
  }

  /// Holds one value; made for one binder and used by one thread.
  private static final class Strict extends PropertyEditorSupport {

    private final Function<String, Object> read;

    Strict(Function<String, Object> read) {
      this.read = read;
    }

    @Override
    public void setAsText(String text) {
      super.setValue(read.apply(text));
    }
  }

  /// Several values are none, rather than the first of them.
  static final class OnlyOne implements GenericConverter {

    @Override
    public Set<ConvertiblePair> getConvertibleTypes() {
      return Set.of(
          new ConvertiblePair(Collection.class, Integer.class),
          new ConvertiblePair(Collection.class, Long.class),
          new ConvertiblePair(Collection.class, Boolean.class));
    }

    @Override
    public @Nullable Object convert(
        @Nullable Object source, TypeDescriptor from, TypeDescriptor to) {
      throw new IllegalArgumentException("more than one value");
    }
  }
}
