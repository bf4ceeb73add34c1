package io.plimsoll.auth;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.plimsoll.auth", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

  @ArchTest
  static final ArchRule HAS_NO_CYCLES =
      slices().matching("io.plimsoll.auth.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule ROOT_KNOWS_NO_PART =
      noClasses()
          .that()
          .resideInAPackage("io.plimsoll.auth")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.plimsoll.auth.*..");

  @ArchTest
  static final ArchRule KNOWS_NO_SUBSCRIPTIONS =
      noClasses().should().dependOnClassesThat().resideInAPackage("io.plimsoll.subscriptions..");

  @ArchTest
  static final ArchRule CONTROLLERS_ARE_PACKAGE_PRIVATE =
      classes().that().haveSimpleNameEndingWith("Controller").should().bePackagePrivate();
}
