@NullMarked
package io.plimsoll.gateway.service;

import org.jspecify.annotations.NullMarked;
