package io.plimsoll.chat;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.plimsoll.chat", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

  @ArchTest
  static final ArchRule HAS_NO_CYCLES =
      slices().matching("io.plimsoll.chat.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule ROOT_KNOWS_NO_PART =
      noClasses()
          .that()
          .resideInAPackage("io.plimsoll.chat")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.plimsoll.chat.*..");

  /// The module's own packages are its affair; products see what stands at its root.
  @ArchTest
  static final ArchRule KNOWS_ONLY_THE_SUBSCRIPTIONS_API =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.plimsoll.subscriptions.append..",
              "io.plimsoll.subscriptions.bus..",
              "io.plimsoll.subscriptions.feed..",
              "io.plimsoll.subscriptions.log..",
              "io.plimsoll.subscriptions.stream..");

  @ArchTest
  static final ArchRule CONTROLLERS_ARE_PACKAGE_PRIVATE =
      classes().that().haveSimpleNameEndingWith("Controller").should().bePackagePrivate();
}
