package io.plimsoll.service;

/// The form of every id that a tenant or an operator chooses.
public final class Ids {

  /// Unreserved characters of [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3): an id
  /// stands in a path as it is.
  public static final String PATTERN = "[A-Za-z0-9_.~-]{1,128}";

  private static final java.util.regex.Pattern ID = java.util.regex.Pattern.compile(PATTERN);

  private Ids() {}

  public static boolean valid(String id) {
    return ID.matcher(id).matches();
  }
}
