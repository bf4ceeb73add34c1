@NullMarked
package io.plimsoll.local.service;

import org.jspecify.annotations.NullMarked;
