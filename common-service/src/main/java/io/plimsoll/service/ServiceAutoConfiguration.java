package io.plimsoll.service;

import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.reactive.ReactiveOAuth2ResourceServerAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.ServerAuthenticationEntryPoint;
import org.springframework.security.web.server.authorization.ServerAccessDeniedHandler;
import org.springframework.security.web.server.context.NoOpServerSecurityContextRepository;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedHandler;
import org.springframework.security.web.server.savedrequest.NoOpServerRequestCache;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher.MatchResult;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/// Everything a service gets by depending on this module.
@AutoConfiguration(
    before = {
      ReactiveOAuth2ResourceServerAutoConfiguration.class,
      ReactiveUserDetailsServiceAutoConfiguration.class,
      ReactiveWebSecurityAutoConfiguration.class
    })
@EnableConfigurationProperties({ServiceProperties.class, InternalProperties.class})
@EnableWebFluxSecurity
public class ServiceAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  InternalKeys internalKeys(InternalProperties properties, Clock clock) {
    return new InternalKeys(properties, clock);
  }

  @Bean
  InternalTokenDecoder internalTokenDecoder(
      ServiceProperties service, InternalKeys keys, Clock clock) {
    return new InternalTokenDecoder(service.name(), keys, service.cachedTokens(), clock);
  }

  @Bean
  StrictJson strictJson() {
    return new StrictJson();
  }

  @Bean
  Problems problems(ObjectProvider<ProblemMapping> mappings, JsonMapper json) {
    return new Problems(mappings.orderedStream().toList(), json);
  }

  @Bean
  WebFluxConfigurer callerArgument() {
    return new WebFluxConfigurer() {
      @Override
      public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
        configurer.addCustomResolver(new CallerArgumentResolver());
      }
    };
  }

  /// Resource server without any state: no session, no login, no saved request.
  @Bean
  SecurityWebFilterChain internalTokensOnly(
      ServerHttpSecurity http,
      ServiceProperties service,
      InternalTokenDecoder decoder,
      Problems problems,
      ApplicationContext context) {
    ScopeRule scopeRule = new ScopeRule(service.name());
    ServerAuthenticationEntryPoint unknown = (exchange, e) -> refuse(exchange, problems);
    ServerAccessDeniedHandler denied = (exchange, e) -> deny(exchange, scopeRule, problems);
    return http.securityMatcher(publicPort(context))
        .securityContextRepository(NoOpServerSecurityContextRepository.getInstance())
        .requestCache(cache -> cache.requestCache(NoOpServerRequestCache.getInstance()))
        .csrf(ServerHttpSecurity.CsrfSpec::disable)
        .formLogin(ServerHttpSecurity.FormLoginSpec::disable)
        .httpBasic(ServerHttpSecurity.HttpBasicSpec::disable)
        .logout(ServerHttpSecurity.LogoutSpec::disable)
        .headers(ServerHttpSecurity.HeaderSpec::disable)
        .authorizeExchange(
            paths -> {
              if (!service.publicPaths().isEmpty()) {
                paths.pathMatchers(service.publicPaths().toArray(String[]::new)).permitAll();
              }
              if (!service.anyScopePaths().isEmpty()) {
                paths.pathMatchers(service.anyScopePaths().toArray(String[]::new)).authenticated();
              }
              paths.anyExchange().access(scopeRule);
            })
        .oauth2ResourceServer(
            server ->
                server
                    .authenticationEntryPoint(unknown)
                    .accessDeniedHandler(denied)
                    .jwt(
                        jwt ->
                            jwt.jwtDecoder(decoder)
                                .jwtAuthenticationConverter(
                                    token -> Mono.just(CallerAuthentication.of(token)))))
        .exceptionHandling(
            handling -> handling.authenticationEntryPoint(unknown).accessDeniedHandler(denied))
        .build();
  }

  /// What Spring Security refuses before it looks further: control characters in a URL and the
  /// like.
  @Bean
  ServerExchangeRejectedHandler rejectedWithProblem(Problems problems) {
    return (exchange, rejected) ->
        problems.write(exchange, Problems.problem(400, "bad-request", "The request is malformed."));
  }

  /// The management port is another context's; nothing of a customer reaches it.
  private static ServerWebExchangeMatcher publicPort(ApplicationContext context) {
    return exchange ->
        context.equals(exchange.getApplicationContext())
            ? MatchResult.match()
            : MatchResult.notMatch();
  }

  private static Mono<Void> refuse(ServerWebExchange exchange, Problems problems) {
    exchange.getResponse().getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    return problems.write(
        exchange,
        Problems.problem(
            401, "not-through-gateway", "This service answers what comes through the gateway."));
  }

  /// RFC 6750, section 3.1.
  private static Mono<Void> deny(ServerWebExchange exchange, ScopeRule rule, Problems problems) {
    HttpMethod method = exchange.getRequest().getMethod();
    String needed = rule.needed(method);
    exchange
        .getResponse()
        .getHeaders()
        .set(
            HttpHeaders.WWW_AUTHENTICATE,
            "Bearer error=\"insufficient_scope\", scope=\"" + needed + "\"");
    return problems.write(
        exchange,
        Problems.problem(
            403, "insufficient_scope", method + " here needs the scope " + needed + "."));
  }

  /// Where a service has a database.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = "org.springframework.dao.DataAccessException")
  static class Database {

    @Bean
    DatabaseAway databaseAway() {
      return new DatabaseAway();
    }
  }
}
