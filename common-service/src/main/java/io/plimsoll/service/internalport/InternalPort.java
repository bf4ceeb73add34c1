package io.plimsoll.service.internalport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Conditional;

/// Marks a component that exists only in the context of the internal port, so that the port which
/// customers reach has no mapping for it at all.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(InternalPortConfiguration.Here.class)
public @interface InternalPort {

  /// The attribute of a request that holds the operator: the fingerprint of the token, 16
  /// hexadecimal digits, a string.
  String OPERATOR = "plimsoll.operator";
}
