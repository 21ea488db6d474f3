/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "inquiry.h"
#include "sight.h"
#include "tracetext.h"

/* Needs and objects that are looked at, and looks at files: what a library lacks and loads is its
 * own word, and nobody is answered meanwhile. The largest library of a Debian 12 has 265 objects.
 */
#define NEEDS_MAX   64
#define OBJECTS_MAX 320
#define LOOKS_MAX   1024

/* A library that is not where it is looked for, and why. */
struct fault {
	const char *name;
	const char *needed_by;
	const char *path; /* where it is */
	bool is_misnamed; /* it lies where it was searched, under another name */
};

/* What is judged. */
struct view {
	const struct inquiry *inquiry;
	const struct facts *survey;
	const struct verdict *trial;
	size_t *looks; /* that are left */
};

static bool has_name(const struct strv *list, const char *name) {
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], name) == 0)
			return true;
	}
	return false;
}

/* Also false if no more looks are left. */
static bool is_same_directory(
	const struct view *view, const char *one, size_t one_length, const char *other) {
	cleanup_free char *text = strndup(one, one_length);
	struct stat status, other_status;

	if (!text)
		return false;
	if (strcmp(text, other) == 0)
		return true;
	if (*view->looks == 0)
		return false;
	--*view->looks;
	return sight_stat(NULL, text, &status) == 0 &&
	       sight_stat(NULL, other, &other_status) == 0 &&
	       status.st_dev == other_status.st_dev && status.st_ino == other_status.st_ino;
}

/* Whether 'path' is of a file in the directory of that at 'other', where that really is, or as it
 * is named; likewise. */
static bool is_beside(const struct view *view, const char *path, const char *other) {
	if (*view->looks == 0)
		return false;
	--*view->looks;
	cleanup_free char *named = strdup(other), *real = sight_real(other);
	const char *slash = strrchr(path, '/');
	char *const ways[] = {named, real};

	for (size_t i = 0; slash && i < sizeof(ways) / sizeof(ways[0]); i++) {
		char *end = ways[i] ? strrchr(ways[i], '/') : NULL;

		if (!end)
			continue;
		*end = '\0';
		if (is_same_directory(view, path, (size_t)(slash - path), ways[i]))
			return true;
	}
	return false;
}

static const char *name_of(const char *path) {
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Who is loaded by somebody that has the way, is not to have it, too. */
static bool is_brought(const struct view *view, const char *needed_by) {
	return facts_has(view->survey, DLTEST_FACT_BRINGER) &&
	       is_beside(view, needed_by, view->inquiry->question.path);
}

/* The object that was loaded for 'name' from the directory of who needs it; NULL for none. */
static const char *find_beside(const struct view *view, const char *name, const char *needed_by) {
	const char *object = NULL;

	while ((object = facts_next(&view->trial->facts, DLTEST_FACT_OBJECT, object))) {
		if (strcmp(name_of(object), name) == 0 && is_beside(view, object, needed_by) &&
			!is_brought(view, needed_by))
			return object;
	}
	return NULL;
}

/* Whether the directory of 'path' was searched when nothing was found there. */
static bool was_searched(const struct view *view, const char *path) {
	const char *slash = strrchr(path, '/'), *directory = NULL;

	while ((directory = facts_next(
			&view->inquiry->answer.basis, DLTEST_FACT_DIRECTORY, directory))) {
		if (is_same_directory(view, path, (size_t)(slash - path), directory))
			return true;
	}
	return false;
}

/* The file in the package that calls itself so, and lies where nobody could find it under another
 * name; NULL for none. */
static const char *find_misnamed(const struct view *view, const char *name) {
	const struct strv *found = &view->inquiry->found;

	for (size_t i = 0; i < found->count; i++) {
		const char *path = inquiry_misnamed(found->items[i]);

		if (path && inquiry_is_found(found->items[i], name) && was_searched(view, path))
			return path;
	}
	return NULL;
}

static bool find_fault(
	const struct view *view, const char *name, const char *needed_by, struct fault *fault) {
	*fault = (struct fault){
		.name = name, .needed_by = needed_by ? needed_by : view->inquiry->question.path};
	fault->path = find_beside(view, name, fault->needed_by);
	if (fault->path)
		return true;
	fault->path = find_misnamed(view, name);
	fault->is_misnamed = true;
	return fault->path != NULL;
}

/* What is wrong of all that is missing: the first fault, and the names of all. */
struct finding {
	struct fault first;
	struct strv names;
};

static void take(
	const struct view *view, const char *name, const char *needed_by, struct finding *finding) {
	struct fault fault;

	if (has_name(&finding->names, name) || !find_fault(view, name, needed_by, &fault))
		return;
	if (finding->names.count == 0)
		finding->first = fault;
	(void)strv_add(&finding->names, name);
}

static void find_faults(const struct view *view, struct finding *finding) {
	const struct verdict *answer = &view->inquiry->answer;
	bool is_known = false;

	for (size_t i = 0; i < answer->needs.count && i < NEEDS_MAX; i++) {
		const struct need *need = &answer->needs.items[i];

		if (need->version || need->provider || !has_name(&answer->missing, need->name))
			continue;
		is_known = true;
		take(view, need->name, need->needed_by, finding);
	}
	/* Without a trace. */
	for (size_t i = 0; !is_known && i < answer->missing.count && i < NEEDS_MAX; i++)
		take(view, answer->missing.items[i], NULL, finding);
}

/* Whether the search path that would have to be another is a DT_RPATH, as far as that is known. */
static bool has_rpath(const struct view *view, const char *needed_by) {
	return facts_has(view->survey, DLTEST_FACT_RPATH) &&
	       strcmp(needed_by, view->inquiry->question.path) == 0;
}

/* In the words of the dynamic linker, and in better ones. NULL without memory. */
static char *describe(const struct view *view, const struct finding *finding) {
	const struct fault *first = &finding->first;
	cleanup_free char *text = NULL;
	size_t size;

	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	fprintf(stream,
		"%s: cannot open shared object file: No such file or directory (needed by %s; ",
		first->name, first->needed_by);
	if (first->is_misnamed)
		fprintf(stream, "%s calls itself so: the link with that name is lacking",
			first->path);
	else
		fprintf(stream, "%s is beside it: its %s lacks $ORIGIN", first->path,
			has_rpath(view, first->needed_by) ? "RPATH" : "RUNPATH");
	if (finding->names.count > 1)
		fprintf(stream, "; %zu more %s missing", finding->names.count - 1,
			finding->names.count == 2 ? "library is" : "libraries are");
	fputs(")", stream);
	if (fclose(stream) != 0)
		return NULL;
	return tracetext_fit(text, strlen(text));
}

/* Leaves those needs that are of one of 'names'. */
static int keep_needs(struct verdict *answer, const struct strv *names) {
	struct needs kept = {0};
	int r = 0;

	for (size_t i = 0; i < answer->needs.count && r == 0; i++) {
		const struct need *need = &answer->needs.items[i];

		if (!need->version && !need->provider && has_name(names, need->name))
			r = needs_add(&kept, need->name, NULL, need->needed_by, NULL);
	}
	needs_fini(&answer->needs);
	answer->needs = kept;
	return r;
}

/* The object of the library's own directory that was loaded instead of one found elsewhere; NULL
 * for none. */
static const char *find_instead(const struct view *view) {
	const char *library = view->inquiry->question.path, *object = NULL, *found;

	for (size_t i = 0; i < OBJECTS_MAX && (object = facts_next(&view->inquiry->answer.basis,
						       DLTEST_FACT_OBJECT, object));
		i++) {
		if (is_beside(view, object, library))
			continue;
		found = find_beside(view, name_of(object), library);
		if (found)
			return found;
	}
	return NULL;
}

/* Another library of that name was found, which lacks what is wanted: that stays the verdict. */
static bool judge_others(const struct view *view, struct verdict *answer) {
	const char *path = find_instead(view);

	return path &&
	       verdict_add_remark(answer, "%s is beside it: its RUNPATH lacks $ORIGIN", path) == 0;
}

bool beside_judge(
	struct inquiry *inquiry, const struct facts *survey, const struct verdict *trial) {
	size_t looks = LOOKS_MAX;
	const struct view view = {inquiry, survey, trial, &looks};
	struct verdict *answer = &inquiry->answer;
	struct finding finding = {0};

	if (answer->reason == DLTEST_REASON_MISSING_VERSION ||
		answer->reason == DLTEST_REASON_UNDEFINED_SYMBOL)
		return judge_others(&view, answer);
	if (answer->reason != DLTEST_REASON_MISSING_DEPENDENCY)
		return false;
	find_faults(&view, &finding);
	char *error = finding.names.count > 0 ? describe(&view, &finding) : NULL;
	if (!error) {
		strv_fini(&finding.names);
		return false;
	}
	free(answer->error);
	answer->error = error;
	/* The rest is there for whoever loads it. */
	if (keep_needs(answer, &finding.names) < 0)
		verdict_lower(answer, VERDICT_WORTH_NEVER);
	strv_fini(&answer->missing);
	strv_fini(&answer->symbols);
	answer->missing = finding.names;
	return true;
}
