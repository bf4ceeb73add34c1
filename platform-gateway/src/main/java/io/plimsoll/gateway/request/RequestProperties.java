package io.plimsoll.gateway.request;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// Whom to believe about a request's origin.
///
/// @param trustedProxies networks of the proxies in front, whose `X-Forwarded-For` counts
@ConfigurationProperties("plimsoll.gateway")
record RequestProperties(@DefaultValue List<String> trustedProxies) {}
