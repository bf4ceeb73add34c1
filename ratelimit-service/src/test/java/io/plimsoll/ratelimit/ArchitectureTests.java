package io.plimsoll.ratelimit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.plimsoll.ratelimit",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

  @ArchTest
  static final ArchRule HAS_NO_CYCLES =
      slices().matching("io.plimsoll.ratelimit.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule ROOT_KNOWS_NO_PART =
      noClasses()
          .that()
          .resideInAPackage("io.plimsoll.ratelimit")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.plimsoll.ratelimit.*..");

  /// The two halves meet in the protocol alone.
  @ArchTest
  static final ArchRule SERVICE_KNOWS_NO_CLIENT =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.plimsoll.ratelimit.client..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.plimsoll.ratelimit.client..");

  @ArchTest
  static final ArchRule CLIENT_KNOWS_NO_SPRING =
      noClasses()
          .that()
          .resideInAPackage("io.plimsoll.ratelimit.client..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.springframework..", "reactor..", "io.netty..");

  @ArchTest
  static final ArchRule CONTROLLERS_ARE_PACKAGE_PRIVATE =
      classes().that().haveSimpleNameEndingWith("Controller").should().bePackagePrivate();
}
