package io.plimsoll.gateway.request;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Networks in the notation of RFC 4632, such as `10.0.0.0/8`, `fd00::/8` or a single address.
public final class Networks {

  private record Network(InetAddress base, int bits) {

    boolean contains(byte[] address) {
      byte[] prefix = base.getAddress();
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit += 8) {
        int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
        if (((address[bit / 8] ^ prefix[bit / 8]) & mask) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<Network> networks = new ArrayList<>();

  /// Reads them.
  ///
  /// @throws IllegalArgumentException for what is no network
  public Networks(List<String> cidrs) {
    for (String cidr : cidrs) {
      int slash = cidr.indexOf('/');
      InetAddress address = address(slash < 0 ? cidr : cidr.substring(0, slash));
      if (address == null) {
        throw refused(cidr);
      }
      int length = address.getAddress().length * 8;
      int bits = slash < 0 ? length : bits(cidr, slash);
      if (bits < 0 || bits > length) {
        throw refused(cidr);
      }
      networks.add(new Network(address, bits));
    }
  }

  private static int bits(String cidr, int slash) {
    try {
      return Integer.parseInt(cidr.substring(slash + 1));
    } catch (NumberFormatException e) {
      throw refused(cidr);
    }
  }

  private static IllegalArgumentException refused(String cidr) {
    return new IllegalArgumentException(
        "'" + cidr + "' is no network; expected such as 10.0.0.0/8.");
  }

  public boolean contain(InetAddress address) {
    for (Network network : networks) {
      if (network.contains(address.getAddress())) {
        return true;
      }
    }
    return false;
  }

  /// An address written in digits, with or without a port; null for anything else. Nothing is
  /// looked up.
  static @Nullable InetAddress address(String text) {
    String host = text;
    int colon = host.indexOf(':');
    if (host.startsWith("[") && host.indexOf(']') > 0) {
      host = host.substring(1, host.indexOf(']'));
    } else if (colon > 0 && colon == host.lastIndexOf(':')) {
      host = host.substring(0, colon);
    }
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
