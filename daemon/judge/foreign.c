/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "clibrary.h"
#include "facts.h"
#include "loadenv.h"
#include "sight.h"
#include "strv.h"
#include "tracetext.h"
#include "verdict.h"

/* Files named at most. */
#define NAMED_MAX 3
/* Objects and needs that are looked at: a library tells any number. The largest of a Debian 12 has
 * 265. */
#define LOOKED_AT_MAX 1024

static bool is_concerned(enum dltest_reason reason) {
	switch (dltest_reason_class(reason)) {
	case DLTEST_REASON_CLASS_LINKER:
	case DLTEST_REASON_CLASS_PROCESS:
		return true;
	case DLTEST_REASON_CLASS_PASSING:
		/* A loader that does not start, for one. */
		return reason == DLTEST_REASON_NO_VERDICT;
	case DLTEST_REASON_CLASS_LOADS:
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
		return false;
	}
	return false;
}

/* Files that are being gathered. */
struct gathering {
	struct strv *files;
	struct sight *sight;
	size_t looked_at;
};

static void add(struct gathering *gathering, const char *path) {
	if (path && path[0] == '/' && ++gathering->looked_at <= LOOKED_AT_MAX &&
		clibrary_is_foreign(path, gathering->sight))
		(void)strv_add_once(gathering->files, path);
}

static void add_objects(struct gathering *gathering, const struct facts *facts) {
	const char *object = NULL;

	while ((object = facts_next(facts, DLTEST_FACT_OBJECT, object)))
		add(gathering, object);
}

/* What the library was loaded with, or would have been. */
static void add_involved(struct gathering *gathering, const struct verdict *verdict) {
	add_objects(gathering, &verdict->basis);
	add_objects(gathering, &verdict->facts);
	for (size_t i = 0; i < verdict->missing.count; i++)
		add(gathering, verdict->missing.items[i]);
	for (size_t i = 0; i < verdict->needs.count; i++)
		add(gathering, verdict->needs.items[i].provider);
}

/* The remark on all of 'files'; the caller frees it. NULL if out of memory. */
static char *describe(const struct strv *files) {
	cleanup_free char *text = NULL;
	size_t size;

	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	for (size_t i = 0; i < files->count && i < NAMED_MAX; i++)
		fprintf(stream, "%s%s is not this system's C library", i ? "; " : "",
			files->items[i]);
	if (fclose(stream) != 0)
		return NULL;
	return tracetext_fit(text, strlen(text));
}

void foreign_name(struct verdict *verdict, const struct loadenv *env, const struct strv *company,
	struct sight *sight) {
	cleanup_strv struct strv files = {0};
	struct gathering gathering = {&files, sight, 0};

	if (!is_concerned(verdict->reason) || !verdict->error)
		return;
	(void)loadenv_find_foreign(env, sight, &files);
	for (size_t i = 0; i < company->count; i++)
		(void)clibrary_find_foreign(&files, company->items[i], sight);
	add_involved(&gathering, verdict);
	if (sight_is_waiting(sight))
		return;
	cleanup_free char *remark = files.count > 0 ? describe(&files) : NULL;
	if (remark)
		(void)verdict_add_remark(verdict, "%s", remark);
}
