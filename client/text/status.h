/* SPDX-License-Identifier: MIT */
#pragma once

/* The status of a daemon, for a person. */

#include <stddef.h>

struct jsonscan;
struct jsontext;

/* Appends the status in the object that is value 'parameters' of 'scan' to 'text'. */
void status_put(struct jsontext *text, const struct jsonscan *scan, size_t parameters);
