/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "clibrary.h"
#include "facts.h"
#include "loadenv.h"
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

static void add(struct strv *files, const char *path, size_t *looked_at) {
	if (path && path[0] == '/' && ++*looked_at <= LOOKED_AT_MAX && clibrary_is_foreign(path))
		(void)strv_add_once(files, path);
}

static void add_objects(struct strv *files, const struct facts *facts, size_t *looked_at) {
	const char *object = NULL;

	while ((object = facts_next(facts, DLTEST_FACT_OBJECT, object)))
		add(files, object, looked_at);
}

/* What the library was loaded with, or would have been. */
static void add_involved(struct strv *files, const struct verdict *verdict) {
	size_t looked_at = 0;

	add_objects(files, &verdict->basis, &looked_at);
	add_objects(files, &verdict->facts, &looked_at);
	for (size_t i = 0; i < verdict->missing.count; i++)
		add(files, verdict->missing.items[i], &looked_at);
	for (size_t i = 0; i < verdict->needs.count; i++)
		add(files, verdict->needs.items[i].provider, &looked_at);
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
	char *repaired = dltest_utf8_repair(text, strlen(text));
	if (repaired)
		tracetext_tame(repaired);
	return repaired;
}

void foreign_name(struct verdict *verdict, const struct loadenv *env, const struct strv *company) {
	cleanup_strv struct strv files = {0};

	if (!is_concerned(verdict->reason) || !verdict->error)
		return;
	(void)loadenv_find_foreign(env, &files);
	for (size_t i = 0; i < company->count; i++)
		(void)clibrary_find_foreign(&files, company->items[i]);
	add_involved(&files, verdict);
	cleanup_free char *remark = files.count > 0 ? describe(&files) : NULL;
	if (remark)
		(void)verdict_add_remark(verdict, "%s", remark);
}
