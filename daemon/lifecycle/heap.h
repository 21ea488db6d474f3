/* SPDX-License-Identifier: MIT */
#pragma once

/* The daemon's heap: answers of many MiB leave nothing behind. Non-logging. */

/* Has memory for large things taken from the system, and given back once they are freed. To be
 * called before there is any. */
void heap_set_up(void);

/* Gives back what is free. Takes a moment. */
void heap_trim(void);
