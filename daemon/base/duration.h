/* SPDX-License-Identifier: MIT */
#pragma once

/* Durations as Go's time.ParseDuration writes them, since tsuku's settings do, and seconds. Non-logging. */

#include <stdint.h>

/*
 * Reads 'text' such as "5m", "1h30m", "1.5s" or "500ms"; a lone number is of
 * seconds, as the client's options have them. Units: ns, us,
 * ms, s, m, h. Fractions of a millisecond are dropped.
 * Returns 0, -EINVAL if 'text' is no duration, -ERANGE if the duration does not fit.
 */
int duration_parse(const char *text, uint64_t *ret_ms);
