package io.plimsoll.service;

import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.codec.CodecCustomizer;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.reactive.ReactiveOAuth2ResourceServerAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.format.FormatterRegistry;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.server.MatcherSecurityWebFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedHandler;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import org.springframework.security.web.server.firewall.StrictServerWebExchangeFirewall;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher.MatchResult;
import org.springframework.web.bind.support.ConfigurableWebBindingInitializer;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerAdapter;
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
  InternalTokens internalTokens(ServiceProperties service, InternalKeys keys, Clock clock) {
    return new InternalTokens(service.name(), keys, service.cachedTokens(), clock);
  }

  @Bean
  StrictJson strictJson() {
    return new StrictJson();
  }

  /// Behind Boot's own customizer, whose decoder it replaces.
  @Bean
  CodecCustomizer utf8Alone(JsonMapper json) {
    return codecs -> codecs.defaultCodecs().jacksonJsonDecoder(new Utf8JsonDecoder(json));
  }

  @Bean
  Problems problems(ObjectProvider<ProblemMapping> mappings, JsonMapper json) {
    return new Problems(mappings.orderedStream().toList(), json);
  }

  @Bean
  static BeanPostProcessor strictParameters() {
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof RequestMappingHandlerAdapter adapter
            && adapter.getWebBindingInitializer()
                instanceof ConfigurableWebBindingInitializer binders) {
          binders.setPropertyEditorRegistrar(new StrictParameters());
        }
        return bean;
      }
    };
  }

  @Bean
  WebFluxConfigurer arguments() {
    return new WebFluxConfigurer() {
      @Override
      public void addFormatters(FormatterRegistry registry) {
        registry.addConverter(new StrictParameters.OnlyOne());
      }

      @Override
      public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
        configurer.addCustomResolver(new CallerArgumentResolver());
      }
    };
  }

  /// On both ports, for the internal port's context has this one's filters too.
  @Bean
  Negotiation negotiation() {
    return new Negotiation();
  }

  /// A resource server without any state: no session, no login, no saved request.
  @Bean
  SecurityWebFilterChain internalTokensOnly(
      InternalTokens tokens, ServiceProperties service, ApplicationContext context) {
    return new MatcherSecurityWebFilterChain(
        publicPort(context), List.of(new CallersOnly(tokens, service)));
  }

  /// One filter needs no spans of its own; they cost more than it does.
  @Bean
  @ConditionalOnMissingBean
  SecurityObservationSettings securityIsNotObserved() {
    return SecurityObservationSettings.noObservations();
  }

  /// Spring Security's, but for the values of headers: its regular expression takes longer over a
  /// token than the look-up of it, and says the same.
  @Bean
  ServerWebExchangeFirewall firewall() {
    StrictServerWebExchangeFirewall firewall = new StrictServerWebExchangeFirewall();
    firewall.setAllowedHeaderValues(ServiceAutoConfiguration::hasNoControls);
    return firewall;
  }

  /// A header that is absent has the value null here.
  private static boolean hasNoControls(@Nullable String value) {
    return value == null || value.chars().noneMatch(c -> (c < ' ' && c != '\t') || c == 0x7F);
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
