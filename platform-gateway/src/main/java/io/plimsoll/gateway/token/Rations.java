package io.plimsoll.gateway.token;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.plimsoll.gateway.answer.Problem;
import io.plimsoll.gateway.limit.Buckets;
import java.util.function.LongSupplier;

/// How many tokens that were never seen one address, and one API key, may have verified: each costs
/// a signature check, which nobody has paid for yet.
///
/// A wrong signature costs its sender ten units. The key that it names pays one, for anybody can
/// name any key: were it ten, a few addresses could lock a tenant out. Ids of keys that
/// auth-service must be asked about cost units of another kind, given back when there is such a
/// key.
final class Rations {

  private static final int FAILED = 10;

  private final Buckets addresses;
  private final Buckets keys;
  private final Buckets lookups;

  Rations(TokenProperties.First first, LongSupplier nanoTime, MeterRegistry metrics) {
    addresses = new Buckets(first.addressRate(), first.addressBurst(), nanoTime);
    keys = new Buckets(first.keyRate(), first.keyRate(), nanoTime);
    lookups = new Buckets(first.unknownRate(), first.unknownBurst(), nanoTime);
    gauge("addresses", addresses, metrics);
    gauge("keys", keys, metrics);
    gauge("lookups", lookups, metrics);
  }

  private static void gauge(String of, Buckets buckets, MeterRegistry metrics) {
    Gauge.builder("plimsoll.gateway.buckets", buckets, Buckets::size)
        .description("Who has a bucket for new tokens")
        .tag("of", of)
        .register(metrics);
  }

  /// Takes the address's unit, or fails with 429.
  void ofAddress(String address) {
    if (!addresses.take(address)) {
      throw Problem.of(429, "rate-limited", "Too many new tokens from this address.")
          .retryAfter(addresses.retryAfter(address))
          .exception();
    }
  }

  /// Takes the key's unit, or fails with 429.
  void ofKey(String key) {
    if (!keys.take(key)) {
      throw Problem.of(429, "rate-limited", "Too many new tokens of this API key.")
          .retryAfter(keys.retryAfter(key))
          .exception();
    }
  }

  /// A signature was wrong.
  void failed(String address) {
    addresses.charge(address, FAILED - 1);
  }

  /// Takes the unit with which an address asks for a key, or fails with 429.
  void ofLookup(String address) {
    if (!lookups.take(address)) {
      throw Problem.of(429, "rate-limited", "Too many unknown keys from this address.")
          .retryAfter(lookups.retryAfter(address))
          .exception();
    }
  }

  /// There was such a key, or nobody could say.
  void lookedUp(String address) {
    lookups.charge(address, -1);
  }
}
