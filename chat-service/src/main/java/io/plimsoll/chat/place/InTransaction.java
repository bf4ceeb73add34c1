package io.plimsoll.chat.place;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.transaction.annotation.Transactional;

/// A transaction of its own, which is repeated as a whole when what it goes by is gone meanwhile:
/// the topic of a member who is just being erased, a membership. Whoever waited for a lock in vain
/// is not made to wait again.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Transactional
@Retryable(
    includes = ConcurrencyFailureException.class,
    excludes = PessimisticLockingFailureException.class,
    maxRetries = 5,
    delay = 5,
    jitter = 5)
public @interface InTransaction {}
