/* SPDX-License-Identifier: MIT */
#pragma once

/* Durations as people and tsuku's settings write them: as Go's time.ParseDuration, or in seconds.
 * Used by the client and the daemon. Non-logging. */

#include <stdint.h>

/*
 * Reads 'text' such as "5m", "1h30m", "1.5s" or "500ms"; a lone number, such as "1.5", is of
 * seconds. Units: ns, us, ms, s, m, h. Fractions of a microsecond are dropped,
 * but what is not 0 is at least one.
 * Returns 0 with *ret_us, -EINVAL if 'text' is no duration, -ERANGE if it is of more than a hundred
 * years.
 */
int dltest_duration_parse(const char *text, uint64_t *ret_us);
