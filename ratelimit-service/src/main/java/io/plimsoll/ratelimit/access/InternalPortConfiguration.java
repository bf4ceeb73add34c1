package io.plimsoll.ratelimit.access;

import io.plimsoll.ratelimit.InternalPort;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;

/// Adds what is marked [InternalPort] to the child context that serves Actuator's port.
///
/// `CHILD` means: only where that port differs from the public one, so a misconfigured service has
/// no leases rather than public ones.
@InternalPort
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ComponentScan(
    basePackages = "io.plimsoll.ratelimit",
    useDefaultFilters = false,
    includeFilters = @Filter(InternalPort.class),
    excludeFilters =
        @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = InternalPortConfiguration.class))
class InternalPortConfiguration {}
