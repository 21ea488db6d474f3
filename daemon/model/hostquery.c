/* SPDX-License-Identifier: MIT */
#include "hostquery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void free_candidate(struct hostcandidate *candidate) {
	free(candidate->name);
	free(candidate->program);
	free(candidate->via);
}

void hostfinding_fini(struct hostfinding *finding) {
	for (size_t i = 0; i < finding->candidates_count; i++)
		free_candidate(&finding->candidates[i]);
	strv_fini(&finding->siblings);
	strv_fini(&finding->searched);
	*finding = (struct hostfinding){0};
}

static int add(struct hostfinding *finding, const char *name, const char *program, const char *via,
	bool by_entry) {
	if (finding->candidates_count == HOSTFINDING_CANDIDATES_MAX)
		return 0;
	struct hostcandidate candidate = {
		.name = strdup(name),
		.program = program ? strdup(program) : NULL,
		.via = via ? strdup(via) : NULL,
		.by_entry = by_entry,
	};
	if (!candidate.name || (program && !candidate.program) || (via && !candidate.via)) {
		free_candidate(&candidate);
		return -ENOMEM;
	}
	finding->candidates[finding->candidates_count++] = candidate;
	return 0;
}

int hostfinding_add(
	struct hostfinding *finding, const char *name, const char *program, bool by_entry) {
	return add(finding, name, program, NULL, by_entry);
}

int hostfinding_add_via(
	struct hostfinding *finding, const char *name, const char *program, const char *via) {
	return add(finding, name, program, via, true);
}
