/* SPDX-License-Identifier: MIT */
#include "diagnosis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "tracetext.h"
#include "verdict.h"

/* Versions told of one kind: the newest. */
#define AVAILABLE_MAX 8
/* Versions of one kind that are looked at, and needs that they are told for. libstdc++, which has
 * most, has 60; a library that is made to keep the daemon busy may have any number. */
#define CANDIDATES_MAX 1024
#define TOLD_MAX       64

/* Adds 'text', which is taken over, to 'list' unless it is one of 'known'. */
static int add_new(struct strv *list, struct needs *known, char *text) {
	size_t count = known->count;

	int r = text ? needs_add(known, text, NULL, NULL, NULL) : -ENOMEM;
	if (r == 0 && known->count > count)
		return strv_take(list, text);
	free(text);
	return r;
}

static int add_names(struct strv *list, const struct needs *needs) {
	cleanup_needs struct needs known = {0};
	int r = 0;

	for (size_t i = 0; i < needs->count && r == 0; i++)
		r = add_new(list, &known, strdup(needs->items[i].name));
	return r;
}

static int add_symbols(struct strv *list, const struct needs *needs) {
	cleanup_needs struct needs known = {0};
	int r = 0;

	for (size_t i = 0; i < needs->count && r == 0; i++)
		r = add_new(list, &known, needs_symbol(&needs->items[i]));
	return r;
}

static int add_needs(struct needs *needs, const struct needs *more) {
	int r = 0;

	for (size_t i = 0; i < more->count && r == 0; i++)
		r = needs_add(needs, more->items[i].name, more->items[i].version,
			more->items[i].needed_by, more->items[i].provider);
	return r;
}

/* What the dynamic linker named when it gave up goes first, whatever the trace says. */
static int replace(struct strv *list, struct strv *complete) {
	int r = 0;

	if (complete->count == 0)
		return 0;
	for (size_t i = 0; i < complete->count && r == 0; i++) {
		if (list->count == 0 || strcmp(complete->items[i], list->items[0]) != 0)
			r = strv_take(list, complete->items[i]);
		else
			free(complete->items[i]);
		complete->items[i] = NULL; /* taken over or freed */
	}
	return r;
}

/* Adds who wants the library that the dynamic linker named, if the trace does not list it among the
 * missing: glibc leaves out those that the library itself is a filter of (DT_FILTER). */
static int add_unlisted(struct verdict *verdict, const struct tracetext *text) {
	const char *name = verdict->missing.count > 0 ? verdict->missing.items[0] : NULL;
	int r = 0;

	for (size_t i = 0; i < text->libraries.count && name; i++) {
		if (strcmp(text->libraries.items[i].name, name) == 0)
			name = NULL;
	}
	for (size_t i = 0; i < text->wants.count && name && r == 0; i++) {
		const struct need *want = &text->wants.items[i];

		if (strcmp(want->name, name) == 0)
			r = needs_add(&verdict->needs, name, NULL, want->needed_by, NULL);
	}
	return r;
}

/* Who needs the library that the error begins with, of those that are known to need something; NULL
 * if that is not known. */
static const char *who_needs_first(const struct verdict *verdict) {
	for (size_t i = 0; i < verdict->needs.count; i++) {
		const struct need *need = &verdict->needs.items[i];
		size_t length = strlen(need->name);

		if (strncmp(verdict->error, need->name, length) == 0 &&
			verdict->error[length] == ':')
			return need->needed_by;
	}
	return NULL;
}

/* The one line for a person: the first cause, who needs it, and how many more there are. */
static int complete_error(struct verdict *verdict, const struct tracetext *text) {
	const char *wanting = NULL;
	size_t more = 0;
	const char *what = "";

	if (verdict->reason == DLTEST_REASON_MISSING_DEPENDENCY && verdict->missing.count > 0) {
		wanting = who_needs_first(verdict);
		more = verdict->missing.count - 1;
		what = more == 1 ? "library is" : "libraries are";
	} else if (verdict->reason != DLTEST_REASON_CRASHED && verdict->symbols.count > 1) {
		more = verdict->symbols.count - 1;
		what = more == 1 ? "symbol is" : "symbols are";
	}
	if (!wanting && more == 0)
		return 0;
	char count[64] = "";
	if (more > 0)
		snprintf(count, sizeof(count), "%s%s%zu more %s missing", wanting ? "; " : "",
			text->error == -E2BIG ? "at least " : "", more, what);
	return verdict_add_remark(
		verdict, "%s%s%s", wanting ? "needed by " : "", wanting ? wanting : "", count);
}

/* What the dynamic linker said when it gave up has the same names, and is to have them in the same
 * form. No name brings a further line then; a carriage return looks like one. */
static void tame(struct verdict *verdict) {
	if (verdict->error)
		tracetext_tame(verdict->error);
	if (verdict->missing.count > 0)
		tracetext_tame(verdict->missing.items[0]);
	if (verdict->symbols.count > 0)
		tracetext_tame(verdict->symbols.items[0]);
}

int diagnosis_add_trace(struct verdict *verdict, const struct tracetext *text) {
	cleanup_strv struct strv missing = {0};
	cleanup_strv struct strv symbols = {0};

	tame(verdict);
	int r = add_names(&missing, &text->libraries);
	if (r == 0)
		r = add_symbols(&symbols, &text->versions);
	if (r == 0)
		r = add_symbols(&symbols, &text->symbols);
	if (r == 0)
		r = replace(&verdict->missing, &missing);
	if (r == 0)
		r = replace(&verdict->symbols, &symbols);
	if (r == 0)
		r = add_unlisted(verdict, text);
	if (r == 0)
		r = add_needs(&verdict->needs, &text->libraries);
	if (r == 0)
		r = add_needs(&verdict->needs, &text->versions);
	if (r == 0)
		r = add_needs(&verdict->needs, &text->symbols);
	if (r == 0)
		r = complete_error(verdict, text);
	/* A trace that stopped half-way has not seen all there is. */
	if (r == 0 && !text->failed && text->error == 0)
		r = facts_append(&verdict->basis, text->facts.bytes, text->facts.size);
	return r;
}

int diagnosis_explain(struct verdict *verdict) {
	static const struct {
		const char *marker;
		const char *meaning;
	} forms[] = {
		{"cannot allocate memory in static TLS block",
			"it can only be loaded when a program starts: link with it or preload it"},
		{"shared object cannot be dlopen()ed",
			"it was linked so that only a program linked with it gets it"},
	};

	for (size_t i = 0; verdict->error && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strstr(verdict->error, forms[i].marker))
			return verdict_add_remark(verdict, "%s", forms[i].meaning);
	}
	return 0;
}

static int by_version(const void *one, const void *other) {
	return strverscmp(*(char *const *)one, *(char *const *)other);
}

/* The length of what versions of one kind have in common: GLIBC_ of GLIBC_2.36. */
static size_t kind_length(const char *version) {
	return strcspn(version, "0123456789");
}

/* Leaves the newest of the sorted 'list', each once. */
static void keep_newest(struct strv *list) {
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	size_t extra = kept > AVAILABLE_MAX ? kept - AVAILABLE_MAX : 0;
	for (size_t i = 0; i < extra; i++)
		free(list->items[i]);
	memmove(list->items, list->items + extra, (kept - extra) * sizeof(*list->items));
	list->count = kept - extra;
}

static void add_available(struct need *need, const struct facts *facts) {
	size_t length = kind_length(need->name);
	struct strv *list = &need->available;
	const char *version = NULL;

	while ((version = facts_next(facts, DLTEST_FACT_VERSION, version))) {
		if (list->count >= CANDIDATES_MAX)
			break;
		if (kind_length(version) == length && strncmp(version, need->name, length) == 0 &&
			strv_take(list, dltest_utf8_repair(version, strlen(version))) < 0)
			break;
	}
	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_version);
	keep_newest(list);
}

void diagnosis_add_versions(
	struct verdict *verdict, const char *provider, const struct facts *facts) {
	size_t told = 0;

	for (size_t i = 0; i < verdict->needs.count && told < TOLD_MAX; i++) {
		struct need *need = &verdict->needs.items[i];

		if (!need->provider || strcmp(need->provider, provider) != 0)
			continue;
		add_available(need, facts);
		told++;
	}
}
