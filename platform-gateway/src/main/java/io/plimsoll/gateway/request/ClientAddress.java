package io.plimsoll.gateway.request;

import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a request comes from: the socket's address, unless that is a trusted proxy's; then the
/// right-most address of `X-Forwarded-For` that is not. What stands further left was written by
/// whoever liked to.
public final class ClientAddress {

  private static final String FORWARDED = "X-Forwarded-For";
  private static final int IPV6_NETWORK = 8; // bytes of a /64: one customer's line

  private final Networks trusted;

  ClientAddress(Networks trusted) {
    this.trusted = trusted;
  }

  /// The address as bounds know it: IPv6 by its /64.
  ///
  /// @param peer the socket's
  public String of(@Nullable InetAddress peer, HttpHeaders headers) {
    return name(client(peer, headers));
  }

  /// The same of a socket's.
  public static String name(@Nullable InetAddress address) {
    if (address == null) {
      return "unknown";
    }
    byte[] bytes = address.getAddress();
    return HexFormat.of()
        .formatHex(bytes.length == 16 ? Arrays.copyOf(bytes, IPV6_NETWORK) : bytes);
  }

  private @Nullable InetAddress client(@Nullable InetAddress peer, HttpHeaders headers) {
    if (peer == null || !trusted.contain(peer)) {
      return peer;
    }
    InetAddress nearest = peer;
    List<String> hops =
        headers.getAll(FORWARDED).stream()
            .flatMap(value -> Arrays.stream(value.split(",", -1)))
            .map(String::strip)
            .toList();
    for (String hop : hops.reversed()) {
      InetAddress address = Networks.address(hop);
      if (address == null) {
        break; // a trusted proxy wrote no address: the nearest known one pays
      }
      nearest = address;
      if (!trusted.contain(address)) {
        break;
      }
    }
    return nearest;
  }
}
