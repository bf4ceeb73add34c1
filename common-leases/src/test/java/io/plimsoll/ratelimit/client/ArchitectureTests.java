package io.plimsoll.ratelimit.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.plimsoll.ratelimit.client",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

  /// A gateway of any make can embed it.
  @ArchTest
  static final ArchRule NEEDS_ALMOST_NOTHING =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "io.plimsoll.ratelimit.client",
              "org.jspecify.annotations",
              "org.slf4j",
              "com.fasterxml.jackson.annotation",
              "tools.jackson..");

  @ArchTest
  static void hasTheseTypesForOthers(JavaClasses classes) {
    assertThat(classes)
        .filteredOn(
            type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
        .extracting(JavaClass::getSimpleName)
        .containsExactlyInAnyOrder(
            "Balance",
            "Decision",
            "HttpTransport",
            "LeaseSettings",
            "Leases",
            "OpenStream",
            "Policy",
            "StreamAdmission",
            "Subject",
            "Transport");
  }
}
