/// How much. Every request with a known tenant is counted by tenant, service, route class, status
/// and hour, and reported to auth-service, which adds it up.
///
/// Count a request once, at its end, and a stream at its beginning:
///
/// ```java
/// meter.request(tenant, service.name(), routeClass, status, bytesIn, bytesOut, admitted.counted());
///
/// MeteredStream stream = meter.stream(tenant, service.name(), routeClass, admitted.counted());
/// stream.sent(bytes);                                  // for each frame
/// stream.close();                                      // at its end
/// ```
///
/// A refused request is counted with the status that it stands for: 429 also where an `EventSource`
/// got 200 and an `end`.
///
/// `admitted` is one for each request that limits let through, whatever the number of its policies.
/// So of each limit that all of a tenant's requests fall under, the units spent, and those admitted
/// while ratelimit-service was away, are what usage shows as admitted; `/actuator/limits` has the
/// former.
///
/// | `plimsoll.gateway.usage.` | default | |
/// |---|---|---|
/// | `interval` | 2 s | between reports; a gateway that is killed loses as much |
/// | `flush` | 5 s | how long the end waits for the last reports |
/// | `max-counts` | 20,000 | tenants times route classes counted at once, about 1 KB each. Beyond: not counted |
/// | `max-waiting` | 50,000 | merged counts (tenant, class, status, hour) that wait while auth-service is away, about 300 bytes each. Beyond: counts of no more kinds are kept |
@NullMarked
package io.plimsoll.gateway.meter;

import org.jspecify.annotations.NullMarked;
