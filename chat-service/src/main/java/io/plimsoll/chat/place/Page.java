package io.plimsoll.chat.place;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A stretch of a list.
///
/// @param next what to ask with to get what follows; absent at the end of the list
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Page<T>(List<T> items, @Nullable Object next) {

  public Page {
    items = List.copyOf(items);
  }

  /// A page of this size from a list that was read one item further, to see whether more follows.
  ///
  /// @param next what continues after an item
  public static <T> Page<T> of(List<T> found, int size, Function<T, Object> next) {
    return found.size() <= size
        ? new Page<>(found, null)
        : new Page<>(found.subList(0, size), next.apply(found.get(size - 1)));
  }
}
