/* SPDX-License-Identifier: MIT */
#pragma once

/* The summary of a table: how many libraries there are of each kind, for which causes, and
 * where those run that are good. */

#include <stddef.h>

#include "forecast.h"
#include "tally.h"

struct jsontext;
struct result;
struct screen;

struct summary {
	size_t loaded;
	size_t not_loaded;
	size_t without_verdict;
	size_t skipped;
	struct tally causes;	  /* of those that did not load */
	struct tally skips;	  /* of those that are skipped */
	struct forecast forecast; /* of those that loaded, as far as there are details */
};

/* Frees what 'summary' holds. */
void summary_fini(struct summary *summary);

/* Counts 'result'. */
void summary_add(struct summary *summary, const struct result *result);

/* Appends the summary to 'text', as what fits on 'screen'. */
void summary_put(struct summary *summary, const struct screen *screen, struct jsontext *text);
