package io.plimsoll.subscriptions;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTests {

  private static final String ROOT = "io.plimsoll.subscriptions";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void packagesBelowTheApiFormNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theApiKnowsNothingOfWhatIsBelowIt() {
    noClasses()
        .that()
        .resideInAPackage(ROOT)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ROOT + ".append..",
            ROOT + ".autoconfigure..",
            ROOT + ".bus..",
            ROOT + ".feed..",
            ROOT + ".log..",
            ROOT + ".retention..",
            ROOT + ".stream..",
            "org.springframework..",
            "io.netty..",
            "io.lettuce..")
        .check(CLASSES);
  }

  @Test
  void dependsOnNothingElseOfOurs() {
    for (JavaClass each : CLASSES) {
      each.getDirectDependenciesFromSelf()
          .forEach(
              dependency -> {
                String target = dependency.getTargetClass().getPackageName();
                assertThat(target.startsWith("io.plimsoll.") && !target.startsWith(ROOT))
                    .as(dependency.getDescription())
                    .isFalse();
              });
    }
  }

  @Test
  void onlyTheStreamsKnowNettyOnlyTheBusLettuceAndOnlyTheLogJdbc() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".stream..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "reactor.netty..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".bus..", ROOT + ".autoconfigure..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.lettuce..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + ".log..", ROOT + ".autoconfigure..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.springframework.jdbc..")
        .check(CLASSES);
  }

  @Test
  void isMechanismOnly() throws IOException {
    try (Stream<Path> sources = Files.walk(Path.of("src/main"))) {
      for (Path source : sources.filter(Files::isRegularFile).toList()) {
        String text =
            Files.readString(source)
                .toLowerCase(Locale.ROOT)
                // examples in the documentation of the API
                .replaceAll("(?m)^\\s*///.*$", "");
        assertThat(text)
            .as(source.toString())
            .doesNotContain("tenant", "chat", "room", "message.c");
      }
    }
  }

  /// What other modules may come to depend on: adding to it is a decision.
  @Test
  void thesePublicTypesAndNoOthers() {
    assertThat(
            CLASSES.stream()
                .filter(each -> each.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(JavaClass::isTopLevelClass)
                .map(each -> each.getName().substring(ROOT.length() + 1)))
        .containsExactlyInAnyOrder(
            // for products
            "AppendResult",
            "Event",
            "IdempotencyKey",
            "IdempotencyKeyReusedException",
            "NewEvent",
            "Position",
            "SnapshotSource",
            "StreamListener",
            "StreamRules",
            "Topic",
            "TopicStream",
            "Topics",
            // for the module's own packages, and for measuring
            "append.AppendSettings",
            "append.Delivery",
            "append.TransactionalTopics",
            "autoconfigure.SubscriptionsAutoConfiguration",
            "autoconfigure.SubscriptionsProperties",
            "bus.Bus",
            "bus.BusMessage",
            "bus.FaultyBus",
            "bus.InMemoryBus",
            "bus.RedisBus",
            "feed.FeedSettings",
            "feed.Feeds",
            "feed.Follower",
            "feed.Frame",
            "feed.HeadChecker",
            "feed.LogUnavailableException",
            "feed.SingleFlight",
            "feed.TopicFeed",
            "log.Changes",
            "log.EventLog",
            "log.Head",
            "log.InMemoryEventLog",
            "log.JdbcEventLog",
            "log.LogSnapshot",
            "log.Page",
            "log.StoredEvent",
            "retention.Retention",
            "retention.RetentionSettings",
            "stream.Ending",
            "stream.Entrance",
            "stream.OpenStreams",
            "stream.Snapshots",
            "stream.StreamSettings",
            "stream.TopicStreamResultHandler");
  }
}
