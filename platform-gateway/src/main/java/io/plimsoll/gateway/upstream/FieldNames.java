package io.plimsoll.gateway.upstream;

import java.util.List;
import java.util.stream.Stream;

/// Names of header fields as servers compare them: in any case, and `_` read as `-`, which some
/// servers do. A name that ends with `*` stands for all that begin so.
///
/// Every header of every request and answer is looked up, so nothing is made of its name.
final class FieldNames {

  /// By their first characters.
  private final String[][] names = new String[128][];

  private FieldNames(List<String> all) {
    for (int first = 0; first < names.length; first++) {
      char begin = (char) first;
      names[first] = all.stream().filter(name -> name.charAt(0) == begin).toArray(String[]::new);
    }
  }

  static FieldNames of(String... names) {
    return new FieldNames(List.of(names));
  }

  /// These and others.
  FieldNames and(String... more) {
    return new FieldNames(
        Stream.concat(Stream.of(names).flatMap(Stream::of), Stream.of(more)).toList());
  }

  boolean contain(CharSequence name) {
    char first = name.isEmpty() ? 0 : read(name.charAt(0));
    if (first < names.length) {
      for (String one : names[first]) {
        if (stands(one, name)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean stands(String one, CharSequence name) {
    int last = one.length() - 1;
    boolean beginning = one.charAt(last) == '*';
    int compared = beginning ? last : one.length();
    if (beginning ? name.length() < compared : name.length() != compared) {
      return false;
    }
    for (int i = 1; i < compared; i++) {
      if (read(name.charAt(i)) != one.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static char read(char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
  }

  /// A name as it is compared here.
  static String read(String name) {
    StringBuilder read = new StringBuilder(name.length());
    name.chars().forEach(c -> read.append(read((char) c)));
    return read.toString();
  }
}
