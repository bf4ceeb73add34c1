package io.plimsoll.subscriptions.autoconfigure;

import com.github.benmanes.caffeine.cache.Ticker;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisURI;
import io.plimsoll.subscriptions.SnapshotSource;
import io.plimsoll.subscriptions.StreamListener;
import io.plimsoll.subscriptions.StreamRules;
import io.plimsoll.subscriptions.Topics;
import io.plimsoll.subscriptions.append.TransactionalTopics;
import io.plimsoll.subscriptions.bus.Bus;
import io.plimsoll.subscriptions.bus.FaultyBus;
import io.plimsoll.subscriptions.bus.InMemoryBus;
import io.plimsoll.subscriptions.bus.RedisBus;
import io.plimsoll.subscriptions.feed.Feeds;
import io.plimsoll.subscriptions.log.EventLog;
import io.plimsoll.subscriptions.log.InMemoryEventLog;
import io.plimsoll.subscriptions.log.JdbcEventLog;
import io.plimsoll.subscriptions.retention.Retention;
import io.plimsoll.subscriptions.stream.Entrance;
import io.plimsoll.subscriptions.stream.OpenStreams;
import io.plimsoll.subscriptions.stream.Snapshots;
import io.plimsoll.subscriptions.stream.TopicStreamResultHandler;
import java.time.Clock;
import java.util.concurrent.Executors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.StringUtils;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/// Everything a service needs to append to topics and to serve them. Beans are injected by type;
/// their names are long so that a product's never meet them.
@AutoConfiguration(
    after = {
      DataRedisAutoConfiguration.class,
      JdbcTemplateAutoConfiguration.class,
      TransactionAutoConfiguration.class
    },
    afterName = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration")
@EnableConfigurationProperties(SubscriptionsProperties.class)
public class SubscriptionsAutoConfiguration {

  private static final String PREFIX = "plimsoll.subscriptions";

  @Bean
  Topics subscriptionsTopics(EventLog log, Feeds feeds, SubscriptionsProperties properties) {
    return new TransactionalTopics(
        log, feeds, properties.append().settings(), Ticker.systemTicker());
  }

  @Bean(initMethod = "start")
  Feeds subscriptionsFeeds(
      EventLog log,
      Bus bus,
      StreamRules rules,
      SubscriptionsProperties properties,
      ObjectProvider<Clock> clock) {
    Bus mistreated =
        properties.faults().settings().any()
            ? new FaultyBus(bus, properties.faults().settings())
            : bus;
    return new Feeds(
        log, mistreated, rules, properties.feedSettings(), clock.getIfUnique(Clock::systemUTC));
  }

  @Bean
  Snapshots subscriptionsSnapshots(
      EventLog log,
      SnapshotSource source,
      Feeds feeds,
      ObjectProvider<PlatformTransactionManager> transactions) {
    return new Snapshots(
        log,
        source,
        log.transactional()
            ? repeatableRead(transactions.getObject())
            : TransactionOperations.withoutTransaction(),
        feeds);
  }

  private static TransactionTemplate repeatableRead(PlatformTransactionManager transactions) {
    TransactionTemplate template = new TransactionTemplate(transactions);
    template.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
    template.setReadOnly(true);
    return template;
  }

  @Bean
  Entrance subscriptionsEntrance(Feeds feeds, StreamRules rules, Snapshots snapshots) {
    return new Entrance(feeds, rules, snapshots);
  }

  @Bean
  OpenStreams subscriptionsOpenStreams(
      Feeds feeds,
      Entrance entrance,
      ObjectProvider<StreamListener> listener,
      SubscriptionsProperties properties,
      ObjectProvider<Clock> clock) {
    return new OpenStreams(
        feeds,
        entrance,
        listener.getIfAvailable(() -> OpenStreams.NOBODY),
        properties.stream().settings(),
        clock.getIfUnique(Clock::systemUTC));
  }

  @Bean
  TopicStreamResultHandler subscriptionsResultHandler(
      Entrance entrance, OpenStreams streams, SubscriptionsProperties properties, JsonMapper json) {
    Scheduler threads = Schedulers.fromExecutorService(Executors.newVirtualThreadPerTaskExecutor());
    return new TopicStreamResultHandler(
        entrance, streams, properties.stream().settings(), threads, json);
  }

  @Bean(initMethod = "start")
  Retention subscriptionsRetention(
      EventLog log, SubscriptionsProperties properties, ObjectProvider<Clock> clock) {
    return new Retention(
        log, properties.retention().settings(), clock.getIfUnique(Clock::systemUTC));
  }

  @Bean
  SubscriptionsMetrics subscriptionsMetrics(
      Feeds feeds, Entrance entrance, OpenStreams streams, Retention retention, Bus bus) {
    return new SubscriptionsMetrics(feeds, entrance, streams, retention, bus);
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(prefix = PREFIX, name = "log", havingValue = "jdbc", matchIfMissing = true)
  static class JdbcLog {

    @Bean
    @ConditionalOnMissingBean
    EventLog subscriptionsEventLog(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
      TransactionTemplate own = new TransactionTemplate(transactions);
      own.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
      return new JdbcEventLog(jdbc, own);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(prefix = PREFIX, name = "log", havingValue = "memory")
  static class MemoryLog {

    @Bean
    @ConditionalOnMissingBean
    EventLog subscriptionsEventLog(ObjectProvider<Clock> clock) {
      return new InMemoryEventLog(clock.getIfUnique(Clock::systemUTC));
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(
      prefix = PREFIX,
      name = "bus",
      havingValue = "redis",
      matchIfMissing = true)
  static class RedisWire {

    @Bean(destroyMethod = "") // the feeds close it
    @ConditionalOnMissingBean
    Bus subscriptionsBus(DataRedisConnectionDetails redis) {
      DataRedisConnectionDetails.Standalone at = redis.getStandalone();
      if (at == null) {
        throw new IllegalStateException("Redis: not standalone (expected: host and port)");
      }
      RedisURI.Builder uri = RedisURI.builder().withHost(at.getHost()).withPort(at.getPort());
      if (StringUtils.hasText(redis.getPassword())) {
        if (StringUtils.hasText(redis.getUsername())) {
          uri.withAuthentication(redis.getUsername(), redis.getPassword().toCharArray());
        } else {
          uri.withPassword(redis.getPassword().toCharArray());
        }
      }
      return new RedisBus(uri.withSsl(redis.getSslBundle() != null).build());
    }

    /// Makes an absent Redis known at once to the service's own use of it, too: a command is
    /// refused, not kept for later.
    @Bean
    LettuceClientOptionsBuilderCustomizer refuseWhileDisconnected() {
      return options -> options.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(prefix = PREFIX, name = "bus", havingValue = "memory")
  static class MemoryWire {

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    Bus subscriptionsBus() {
      return new InMemoryBus(new InMemoryBus.Wire());
    }
  }
}
