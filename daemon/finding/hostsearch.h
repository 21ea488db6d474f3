/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From a question (hostquery.h) to its answer. Rather no host than a wrong one: what lacks the
 * names of a library that it should have been linked with is no plugin. Runs in a process of its
 * own. Non-logging.
 */

#include "hostindex.h"
#include "hostquery.h"

/* Answers 'query', of either kind, after hostindex_begin(). The caller frees the answer by
 * hostfinding_fini(). Without memory or time it is not complete. */
void hostsearch_run(
	struct hostindex *index, const struct hostquery *query, struct hostfinding *ret_finding);
