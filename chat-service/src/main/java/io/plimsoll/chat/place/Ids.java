package io.plimsoll.chat.place;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What rooms and users are called: names that their tenant gives and that stand in URLs, topics
/// and logs as they are.
public final class Ids {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.~-]{1,128}");

  private Ids() {}

  /// The id, if it is one.
  ///
  /// @param what names the value in the problem, for example `room`
  /// @throws BadIdException otherwise; so are `.` and `..`, which no URL can hold
  public static String checked(String what, @Nullable String id) {
    if (id == null || !ID.matcher(id).matches() || id.equals(".") || id.equals("..")) {
      throw new BadIdException(what);
    }
    return id;
  }
}
