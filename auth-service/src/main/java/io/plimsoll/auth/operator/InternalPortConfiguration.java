package io.plimsoll.auth.operator;

import io.plimsoll.auth.InternalPort;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;

/// Adds what is marked [InternalPort] to the child context that serves Actuator's port.
///
/// Actuator finds it by its `ManagementContextConfiguration.imports`. `CHILD` means: only where the
/// management port differs from the public one, so a misconfigured service has no admin API rather
/// than a public one.
@InternalPort
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ComponentScan(
    basePackages = "io.plimsoll.auth",
    useDefaultFilters = false,
    includeFilters = @Filter(InternalPort.class),
    excludeFilters =
        @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = InternalPortConfiguration.class))
class InternalPortConfiguration {}
