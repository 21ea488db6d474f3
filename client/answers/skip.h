/* SPDX-License-Identifier: MIT */
#pragma once

/* What is skipped of a tree: files that are not meant for this machine, so that it is no failure
 * that they do not load. They are told, and counted apart. */

#include <stdbool.h>
#include <stddef.h>

#include "paths.h"

struct jsonscan;

/* True if the result that is value 'result' of 'scan', for the file at 'path' of which it is known
 * that it is of 'kind', is that of one which is skipped. */
bool skip_applies(
	enum path_kind kind, const char *path, const struct jsonscan *scan, size_t result);
