package io.plimsoll.service.internalport;

import io.plimsoll.service.InternalTokens;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnResource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ClassPathBeanDefinitionScanner;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.filter.AnnotationTypeFilter;

/// Adds what is marked [InternalPort] to the child context that serves Actuator's port.
///
/// Actuator finds it by its `ManagementContextConfiguration.imports`. `CHILD` means: only where the
/// management port differs from the public one, so a misconfigured service has no admin API rather
/// than a public one.
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnBooleanProperty("plimsoll.internal-port.enabled")
@Import(InternalPortConfiguration.Components.class)
class InternalPortConfiguration {

  private static final String HERE = "plimsollInternalPort";

  @Bean
  KnownCallersOnly knownCallersOnly(AdminTokens operators, InternalTokens gateways) {
    return new KnownCallersOnly(operators, gateways);
  }

  @Bean
  @ConditionalOnResource(resources = AdminDocumentController.DOCUMENT)
  AdminDocumentController adminDocumentController(ResourceLoader resources) {
    return new AdminDocumentController(resources.getResource(AdminDocumentController.DOCUMENT));
  }

  /// Parameters are read here as on the public port.
  @Bean
  static BeanPostProcessor strictParametersHere(
      @Qualifier("strictParameters") BeanPostProcessor ofThePublicPort) {
    return ofThePublicPort;
  }

  /// Finds them in the service's own packages.
  static final class Components implements ImportBeanDefinitionRegistrar {

    private final BeanFactory beans;
    private final Environment environment;
    private final ResourceLoader resources;

    Components(BeanFactory beans, Environment environment, ResourceLoader resources) {
      this.beans = beans;
      this.environment = environment;
      this.resources = resources;
    }

    @Override
    public void registerBeanDefinitions(
        AnnotationMetadata importing, BeanDefinitionRegistry registry) {
      registry.registerAlias(InternalPortConfiguration.class.getName(), HERE);
      ClassPathBeanDefinitionScanner scanner =
          new ClassPathBeanDefinitionScanner(registry, false, environment, resources);
      scanner.addIncludeFilter(new AnnotationTypeFilter(InternalPort.class));
      scanner.scan(AutoConfigurationPackages.get(beans).toArray(String[]::new));
    }
  }

  /// True in that child context alone. Where it can't tell, it is false, and nothing is served.
  static final class Here implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return context.getRegistry().isAlias(HERE);
    }
  }
}
