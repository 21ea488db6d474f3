/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The survey of a package: where in its directories is what a library lacks, by the names of files
 * and by what they call themselves. Nothing is loaded. Load child only.
 */

#include <stddef.h>

struct setup;

/*
 * Looks for what the library at 'path' lacks as the 'count' texts say, each with a letter of enum
 * loader_survey before it. Tells, as facts, what was found (DLTEST_FACT_FOUND), with all that this
 * lacks in turn; who brings what lies in the library's own directory (DLTEST_FACT_BRINGER); which
 * directories were looked through, and which files were read.
 */
void survey_run(
	const struct setup *setup, const char *path, const char *const *texts, size_t count);
