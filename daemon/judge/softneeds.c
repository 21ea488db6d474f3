/* SPDX-License-Identifier: MIT */
#include "softneeds.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "facts.h"
#include "loader_abi.h"
#include "question.h"
#include "request.h"
#include "verdict.h"

/* The longest name of a file. */
#define NAME_LENGTH_MAX	   255
#define FEATURE_LENGTH_MAX 200
/* Of facts that a verdict rests on; with more it is not remembered. */
#define BASIS_SIZE_MAX (4 * LOADER_FACTS_MAX)

/* How a load with LOADER_JOB_SOFT_NEED went for the soft need that it was about. */
enum outcome {
	OUTCOME_FOUND,
	OUTCOME_ABSENT,	 /* none of its names is there */
	OUTCOME_BROKEN,	 /* one is there and does not load, or its code fails */
	OUTCOME_UNKNOWN, /* the library itself did not load this time, or nothing was tried */
};

static const char *const priorities[] = {
	[SOFTNEEDS_REQUIRED] = "required",
	[SOFTNEEDS_RECOMMENDED] = "recommended",
	[SOFTNEEDS_SUGGESTED] = "suggested",
};

static void softneed_fini(struct softneed *softneed) {
	free(softneed->feature);
	strv_fini(&softneed->names);
	*softneed = (struct softneed){0};
}

void softneeds_fini(struct softneeds *softneeds) {
	for (size_t i = 0; i < softneeds->count; i++)
		softneed_fini(&softneeds->items[i]);
	free(softneeds->items);
	*softneeds = (struct softneeds){0};
}

static enum softneeds_priority priority_of(const char *text, size_t length) {
	for (size_t i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
		if (strlen(priorities[i]) == length && memcmp(priorities[i], text, length) == 0)
			return (enum softneeds_priority)i;
	}
	return SOFTNEEDS_RECOMMENDED;
}

static bool is_printable(const char *text, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return true;
}

static int take_feature(struct softneed *softneed, const char *text, size_t length) {
	cleanup_free char *repaired = NULL;

	if (length == 0 || !is_printable(text, length))
		return 0;
	repaired = dltest_utf8_repair(text, length);
	if (!repaired)
		return -ENOMEM;
	repaired[dltest_utf8_cut(repaired, strlen(repaired), FEATURE_LENGTH_MAX)] = '\0';
	softneed->feature = steal_ptr(&repaired);
	return 0;
}

/* A name keeps its bytes, since it is to be looked for; what is no name is left out. */
static int take_name(struct softneed *softneed, const char *text, size_t length) {
	if (length == 0 || length > NAME_LENGTH_MAX || memchr(text, '/', length) ||
		!is_printable(text, length))
		return 0;
	return strv_take(&softneed->names, strndup(text, length));
}

/* Reads the fields of one fact, which are set apart by tabs. */
static int parse_softneed(const char *text, struct softneed *softneed) {
	int r = 0;

	for (size_t field = 0; r == 0 && softneed->names.count < SOFTNEEDS_NAMES_MAX; field++) {
		size_t length = strcspn(text, "\t");

		if (field == 0)
			softneed->priority = priority_of(text, length);
		else if (field == 1)
			r = take_feature(softneed, text, length);
		else
			r = take_name(softneed, text, length);
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	return r;
}

static int add(struct softneeds *softneeds, struct softneed *softneed) {
	struct softneed *items =
		reallocarray(softneeds->items, softneeds->count + 1, sizeof(*softneeds->items));

	if (!items)
		return -ENOMEM;
	softneeds->items = items;
	softneeds->items[softneeds->count++] = *softneed;
	*softneed = (struct softneed){0};
	return 0;
}

int softneeds_parse(const struct facts *facts, struct softneeds *ret_softneeds) {
	struct softneeds softneeds = {0};
	const char *text = NULL;
	int r = 0;

	while (r == 0 && softneeds.count < SOFTNEEDS_MAX &&
		(text = facts_next(facts, DLTEST_FACT_SOFT_NEEDS, text))) {
		struct softneed softneed = {0};

		r = parse_softneed(text, &softneed);
		if (r == 0 && softneed.names.count > 0)
			r = add(&softneeds, &softneed);
		softneed_fini(&softneed);
	}
	if (r < 0) {
		softneeds_fini(&softneeds);
		return r;
	}
	*ret_softneeds = softneeds;
	return 0;
}

static enum outcome judge(const struct softneed *softneed, const struct verdict *trial) {
	if (trial->reason == DLTEST_REASON_NONE)
		return OUTCOME_FOUND;
	/* Objects are told by a library that has loaded. */
	if (trial->reason == DLTEST_REASON_NO_VERDICT ||
		!facts_has(&trial->facts, DLTEST_FACT_OBJECT))
		return OUTCOME_UNKNOWN;
	if (trial->reason != DLTEST_REASON_MISSING_DEPENDENCY || trial->missing.count == 0)
		return OUTCOME_BROKEN;
	for (size_t i = 0; i < softneed->names.count; i++) {
		cleanup_free char *name = dltest_utf8_repair(
			softneed->names.items[i], strlen(softneed->names.items[i]));

		if (name && strcmp(name, trial->missing.items[0]) == 0)
			return OUTCOME_ABSENT;
	}
	return OUTCOME_BROKEN;
}

static void print_wish(FILE *stream, const struct softneed *softneed) {
	fputs(softneed->priority == SOFTNEEDS_REQUIRED ? "opens " : "wants ", stream);
	for (size_t i = 0; i < softneed->names.count; i++)
		fprintf(stream, "%s%s", i ? " or " : "", softneed->names.items[i]);
	if (softneed->feature)
		fprintf(stream, " for %s", softneed->feature);
	fprintf(stream, " (%s)", priorities[softneed->priority]);
}

/* The words of a verdict are about a library that is asked about; this one was being opened. */
static const char *words_of_end(const struct verdict *trial) {
	if (trial->reason == DLTEST_REASON_TIMED_OUT)
		return "does not finish loading";
	if (trial->reason == DLTEST_REASON_OUT_OF_MEMORY)
		return "was ended by the system, most likely for want of memory";
	if (trial->reason == DLTEST_REASON_CRASHED)
		return trial->signal == SIGKILL ? "keeps trying what it may not" : "crashes";
	return "ends the process";
}

static void print_complaint(FILE *stream, enum outcome outcome, const struct verdict *trial) {
	if (outcome == OUTCOME_UNKNOWN)
		fputs(", which could not be tried", stream);
	else if (outcome == OUTCOME_ABSENT)
		fputs(", which is not there", stream);
	else if (trial->phase)
		fprintf(stream, ", which %s", words_of_end(trial));
	else
		fprintf(stream, ", which does not load: %s",
			trial->error ? trial->error : "for want of memory");
}

/* One line for a person about a soft need that is not met, such as "wants libfoo.so.1 for sound
 * (recommended), which is not there"; the caller frees it. Returns 0 or -ENOMEM. */
static int describe(const struct softneed *softneed, enum outcome outcome,
	const struct verdict *trial, char **ret_text) {
	cleanup_free char *text = NULL;
	size_t size;

	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return -ENOMEM;
	print_wish(stream, softneed);
	print_complaint(stream, outcome, trial);
	if (fclose(stream) != 0)
		return -ENOMEM;
	*ret_text = dltest_utf8_repair(text, strlen(text));
	return *ret_text ? 0 : -ENOMEM;
}

/* Whether another trial would end the same: not so after what may be for want of time or memory, or
 * for what the sandbox refuses. */
static bool is_certain(enum outcome outcome, const struct verdict *trial) {
	if (outcome == OUTCOME_ABSENT)
		return true;
	return outcome == OUTCOME_BROKEN &&
	       (!trial->phase || trial->reason == DLTEST_REASON_EXITED ||
		       (trial->reason == DLTEST_REASON_CRASHED && trial->signal != SIGKILL));
}

/* What was searched, and for which names. */
static int add_basis(const struct softneed *softneed, enum outcome outcome,
	const struct verdict *trial, struct verdict *verdict) {
	int r = facts_append_new(&verdict->basis, &verdict->facts, &trial->facts, BASIS_SIZE_MAX);

	if (r < 0 || outcome == OUTCOME_FOUND)
		return r;
	/* What did not load is no longer in memory to tell where it searched itself. */
	if (outcome != OUTCOME_ABSENT)
		return facts_put(&verdict->basis, DLTEST_FACT_INCOMPLETE, "a soft need failed");
	for (size_t i = 0; i < softneed->names.count && r == 0; i++)
		r = facts_put(&verdict->basis, DLTEST_FACT_NAME, softneed->names.items[i]);
	return r;
}

/* What cannot be used is as good as not there; what it lacks itself is not there. */
static int add_missing(const struct softneed *softneed, const struct verdict *trial,
	const char *path, struct verdict *verdict) {
	int r = 0;

	for (size_t i = 0; i < softneed->names.count && r == 0; i++) {
		cleanup_free char *name = dltest_utf8_repair(
			softneed->names.items[i], strlen(softneed->names.items[i]));

		r = name ? strv_add_once(&verdict->missing, name) : -ENOMEM;
		if (r == 0)
			r = needs_add(&verdict->needs, name, NULL, path, NULL);
	}
	for (size_t i = 0; i < trial->missing.count && r == 0; i++)
		r = strv_add_once(&verdict->missing, trial->missing.items[i]);
	return r;
}

int softneeds_apply(const struct softneed *softneed, const struct verdict *trial,
	const struct question *question, struct verdict *verdict) {
	enum outcome outcome = judge(softneed, trial);
	cleanup_free char *text = NULL;

	int r = add_basis(softneed, outcome, trial, verdict);
	if (r == 0 && outcome != OUTCOME_FOUND)
		r = describe(softneed, outcome, trial, &text);
	if (r < 0 || !text)
		return r;
	bool fails = softneed->priority == SOFTNEEDS_REQUIRED && is_certain(outcome, trial);
	if (fails)
		r = add_missing(softneed, trial, question->path, verdict);
	if (r < 0)
		return r;
	if (fails && verdict->reason == DLTEST_REASON_NONE) {
		verdict->reason = DLTEST_REASON_MISSING_DEPENDENCY;
		verdict->error = steal_ptr(&text);
	} else if (question->request->details) {
		r = strv_take(&verdict->warnings, steal_ptr(&text));
	}
	return r < 0 ? r : fails;
}
