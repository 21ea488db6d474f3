/* SPDX-License-Identifier: MIT */
#pragma once

/* The answer to Status for a person. */

#include <stddef.h>

struct jsonscan;
struct jsontext;

/* Appends what the object 'parameters' of 'scan' says. */
void status_put(struct jsontext *text, const struct jsonscan *scan, size_t parameters);
