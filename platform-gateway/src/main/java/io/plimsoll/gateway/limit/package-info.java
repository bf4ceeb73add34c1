/// How often: token buckets kept here, and nothing that another gateway would have to know.
@NullMarked
package io.plimsoll.gateway.limit;

import org.jspecify.annotations.NullMarked;
