/* SPDX-License-Identifier: MIT */
#include "recall.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "culprit.h"
#include "needs.h"
#include "recall_host.h"

/*
 * One character each. Those of a need come after its NAME, and what does not come is as with the
 * need before: of the thousands of symbols that a library may lack, most are lacked by one object.
 */
enum tag {
	TAG_ERROR = 'e',
	TAG_MISSING = 'm',
	TAG_SYMBOL = 's',
	TAG_CONTEXT = 'c',
	TAG_LOADS_WITH = 'l',
	TAG_WARNING = 'w',
	TAG_DENIED = 'd',
	TAG_OUTPUT = 'o',
	TAG_PHASE = 'p',
	TAG_PLATFORM = 'f',
	TAG_REFUSED = 'r',
	TAG_CULPRIT = 'O',
	TAG_CULPRIT_PLACE = 'L', /* after TAG_CULPRIT */
	TAG_NEED = 'N',
	TAG_NEED_SYMBOL = 'S', /* the next of the verdict's symbols, too */
	TAG_NEED_ANEW = 'X',   /* nothing is as with the need before */
	TAG_NEED_VERSION = 'V',
	TAG_NEED_BY = 'B',
	TAG_NEED_PROVIDER = 'P',
	TAG_NEED_AVAILABLE = 'A',
};

static void put(FILE *stream, enum tag tag, const char *text) {
	if (!text)
		return;
	fputc((int)tag, stream);
	fputs(text, stream);
	fputc('\0', stream);
}

static void put_from(FILE *stream, enum tag tag, const struct strv *list, size_t first) {
	for (size_t i = first; i < list->count; i++)
		put(stream, tag, list->items[i]);
}

static void put_list(FILE *stream, enum tag tag, const struct strv *list) {
	put_from(stream, tag, list, 0);
}

/* Whether a need has nothing where the one before it had something. */
static bool is_anew(const struct need *need, const struct need *before) {
	return (!need->version && before->version) || (!need->needed_by && before->needed_by) ||
	       (!need->provider && before->provider);
}

static void put_other(FILE *stream, enum tag tag, const char *text, const char *before) {
	if (text && !(before && strcmp(text, before) == 0))
		put(stream, tag, text);
}

/* Whether 'symbol' is what a list of symbols has for 'need'. */
static bool is_symbol_of(const struct need *need, const char *symbol) {
	cleanup_free char *text = needs_symbol(need);

	return text && strcmp(text, symbol) == 0;
}

/* The symbols from the second one on are those of the needs, in their order; the first is the one
 * that the dynamic linker named. Those that are not are left: their index is returned. */
static size_t put_needs(FILE *stream, const struct needs *needs, const struct strv *symbols) {
	static const struct need nothing;
	const struct need *before = &nothing;
	size_t symbol = 1;

	for (size_t i = 0; i < needs->count; i++) {
		const struct need *need = &needs->items[i];
		bool told = symbol < symbols->count && is_symbol_of(need, symbols->items[symbol]);

		put(stream, told ? TAG_NEED_SYMBOL : TAG_NEED, need->name);
		symbol += told;
		if (is_anew(need, before)) {
			put(stream, TAG_NEED_ANEW, "");
			before = &nothing;
		}
		put_other(stream, TAG_NEED_VERSION, need->version, before->version);
		put_other(stream, TAG_NEED_BY, need->needed_by, before->needed_by);
		put_other(stream, TAG_NEED_PROVIDER, need->provider, before->provider);
		put_list(stream, TAG_NEED_AVAILABLE, &need->available);
		before = need;
	}
	return symbol;
}

static bool is_empty(const struct verdict *verdict) {
	return !verdict->error && !verdict->output && verdict->context.count == 0 &&
	       verdict->warnings.count == 0 && verdict->denied.count == 0 && !verdict->host;
}

int recall_write(struct recall *recall, const struct verdict *verdict) {
	uint64_t duration = verdict->duration_us;
	char *bytes = NULL;
	size_t size;

	*recall = (struct recall){
		.reason = (uint8_t)verdict->reason,
		.signal = (uint8_t)verdict->signal,
		.exit_status = (int16_t)(verdict->exited ? verdict->exit_status : -1),
		.duration_us = duration < UINT32_MAX ? (uint32_t)duration : UINT32_MAX,
	};
	if (is_empty(verdict))
		return 0;
	FILE *stream = open_memstream(&bytes, &size);
	if (!stream)
		return -ENOMEM;
	put(stream, TAG_ERROR, verdict->error);
	put(stream, TAG_PHASE, verdict->phase);
	put(stream, TAG_PLATFORM, verdict->platform);
	put_list(stream, TAG_MISSING, &verdict->missing);
	recall_host_put(stream, verdict->host);
	put_list(stream, TAG_CONTEXT, &verdict->context);
	put_list(stream, TAG_LOADS_WITH, &verdict->loads_with);
	put_list(stream, TAG_WARNING, &verdict->warnings);
	put_list(stream, TAG_DENIED, &verdict->denied);
	put_list(stream, TAG_REFUSED, &verdict->refused);
	put(stream, TAG_CULPRIT, verdict->culprit ? verdict->culprit->object : NULL);
	put(stream, TAG_CULPRIT_PLACE, verdict->culprit ? verdict->culprit->place : NULL);
	put(stream, TAG_OUTPUT, verdict->output);
	if (verdict->symbols.count > 0)
		put(stream, TAG_SYMBOL, verdict->symbols.items[0]);
	put_from(stream, TAG_SYMBOL, &verdict->symbols,
		put_needs(stream, &verdict->needs, &verdict->symbols));
	if (fclose(stream) != 0 || size > UINT32_MAX) {
		free(bytes);
		return -ENOMEM;
	}
	recall->bytes = bytes;
	recall->size = (uint32_t)size;
	return 0;
}

static int set(char **text, const char *value) {
	free(*text);
	*text = strdup(value);
	return *text ? 0 : -ENOMEM;
}

/* The need that is being read: its texts come one by one, and stay in the bytes. */
struct pending {
	const char *name; /* NULL: it is complete */
	const char *version, *needed_by, *provider;
	bool is_symbol;
};

/* More than a trace is ever read of (trace.c): what needs share is there once in a record, so that
 * a short one could ask for any amount. */
#define NEEDS_SIZE_MAX ((size_t)64 * 1024 * 1024)

static int finish_need(struct verdict *verdict, struct pending *pending) {
	const char *name = steal_ptr(&pending->name);
	const struct needs *needs = &verdict->needs;

	if (!name)
		return 0;
	int r = needs_append(
		&verdict->needs, name, pending->version, pending->needed_by, pending->provider);
	if (r == 0 && needs->text_size > NEEDS_SIZE_MAX)
		return -EBADMSG;
	if (r == 0 && pending->is_symbol)
		r = strv_take(&verdict->symbols, needs_symbol(&needs->items[needs->count - 1]));
	return r;
}

static int take_symbol(struct verdict *verdict, struct pending *pending, const char *text) {
	int r = finish_need(verdict, pending);

	return r < 0 ? r : strv_add(&verdict->symbols, text);
}

static int take_available(struct verdict *verdict, struct pending *pending, const char *text) {
	int r = finish_need(verdict, pending);

	if (r < 0 || verdict->needs.count == 0)
		return r;
	return strv_add(&verdict->needs.items[verdict->needs.count - 1].available, text);
}

/* What belongs to a need. */
static int take_of_need(
	struct verdict *verdict, struct pending *pending, char tag, const char *text) {
	int r = 0;

	switch (tag) {
	case TAG_NEED:
	case TAG_NEED_SYMBOL:
		r = finish_need(verdict, pending);
		pending->name = text;
		pending->is_symbol = tag == TAG_NEED_SYMBOL;
		break;
	case TAG_NEED_ANEW:
		pending->version = pending->needed_by = pending->provider = NULL;
		break;
	case TAG_NEED_VERSION:
		pending->version = text;
		break;
	case TAG_NEED_BY:
		pending->needed_by = text;
		break;
	case TAG_NEED_PROVIDER:
		pending->provider = text;
		break;
	case TAG_NEED_AVAILABLE:
		r = take_available(verdict, pending, text);
		break;
	default:
		break;
	}
	return r;
}

static int take_place(struct verdict *verdict, const char *text) {
	return verdict->culprit
		       ? culprit_new(verdict->culprit->object, text, "", "", &verdict->culprit)
		       : -EBADMSG;
}

static int take(struct verdict *verdict, struct pending *pending, char tag, const char *text) {
	if (recall_host_has(tag))
		return recall_host_take(&verdict->host, tag, text);
	switch (tag) {
	case TAG_ERROR:
		return set(&verdict->error, text);
	case TAG_MISSING:
		return strv_add(&verdict->missing, text);
	case TAG_SYMBOL:
		return take_symbol(verdict, pending, text);
	case TAG_CONTEXT:
		return strv_add(&verdict->context, text);
	case TAG_LOADS_WITH:
		return strv_add(&verdict->loads_with, text);
	case TAG_WARNING:
		return strv_add(&verdict->warnings, text);
	case TAG_DENIED:
		return strv_add(&verdict->denied, text);
	case TAG_REFUSED:
		return strv_add(&verdict->refused, text);
	case TAG_CULPRIT:
		return culprit_new(text, "", "", "", &verdict->culprit);
	case TAG_CULPRIT_PLACE:
		return take_place(verdict, text);
	case TAG_OUTPUT:
		return set(&verdict->output, text);
	case TAG_PLATFORM:
		return set(&verdict->platform, text);
	case TAG_PHASE:
		verdict->phase = strcmp(text, "close") == 0 ? "close" : "open";
		return 0;
	default:
		return take_of_need(verdict, pending, tag, text);
	}
}

int recall_read(const struct recall *recall, struct verdict *ret_verdict) {
	struct verdict verdict = {
		.reason = (enum dltest_reason)recall->reason,
		.signal = recall->signal,
		.exited = recall->exit_status >= 0,
		.exit_status = recall->exit_status,
		.duration_us = recall->duration_us,
		.cached = true,
	};
	const char *cursor = recall->bytes, *end = cursor + recall->size;
	struct pending pending = {0};
	int r = 0;

	while (cursor && cursor < end && r == 0) {
		const char *nul = memchr(cursor, '\0', (size_t)(end - cursor));

		if (!nul)
			break;
		if (nul > cursor)
			r = take(&verdict, &pending, cursor[0], cursor + 1);
		cursor = nul + 1;
	}
	if (r == 0)
		r = finish_need(&verdict, &pending);
	if (r < 0) {
		verdict_fini(&verdict);
		return r;
	}
	*ret_verdict = verdict;
	return 0;
}

static bool is_known(char tag) {
	static const char tags[] = {TAG_ERROR, TAG_MISSING, TAG_SYMBOL, TAG_CONTEXT, TAG_LOADS_WITH,
		TAG_WARNING, TAG_DENIED, TAG_REFUSED, TAG_CULPRIT, TAG_CULPRIT_PLACE, TAG_OUTPUT,
		TAG_PHASE, TAG_PLATFORM, TAG_NEED, TAG_NEED_SYMBOL, TAG_NEED_ANEW, TAG_NEED_VERSION,
		TAG_NEED_BY, TAG_NEED_PROVIDER, TAG_NEED_AVAILABLE};

	return recall_host_has(tag) || memchr(tags, tag, sizeof(tags)) != NULL;
}

/* What only a library has that does not load. */
static bool is_of_failure(char tag) {
	static const char tags[] = {TAG_ERROR, TAG_MISSING, TAG_SYMBOL, TAG_LOADS_WITH, TAG_PHASE,
		TAG_PLATFORM, TAG_REFUSED, TAG_CULPRIT, TAG_CULPRIT_PLACE, TAG_NEED,
		TAG_NEED_SYMBOL};

	return memchr(tags, tag, sizeof(tags)) != NULL;
}

static bool has_sound_numbers(const struct recall *recall) {
	bool crashed = recall->reason == DLTEST_REASON_CRASHED;
	bool exited = recall->reason == DLTEST_REASON_EXITED;

	return (recall->signal == 0 ||
		       (crashed && recall->signal < NSIG && recall->signal != SIGKILL)) &&
	       (recall->exit_status == -1 ||
		       (exited && recall->exit_status >= 0 && recall->exit_status <= UINT8_MAX));
}

/* Whether verdicts of this reason are ever kept (worth_at_best()): one that says something about a
 * moment would be given for as long as the file stays as it is. */
static bool is_kept(enum dltest_reason reason) {
	enum dltest_reason_class class = dltest_reason_class(reason);

	return class != DLTEST_REASON_CLASS_PATH && class != DLTEST_REASON_CLASS_PASSING;
}

bool recall_is_sound(const struct recall *recall) {
	const char *cursor = recall->bytes, *end = cursor + recall->size;
	const bool loads = recall->reason == DLTEST_REASON_NONE;
	size_t errors = 0;

	if (!is_kept((enum dltest_reason)recall->reason) || !has_sound_numbers(recall) ||
		!dltest_utf8_is_valid(recall->bytes, recall->size))
		return false;
	while (cursor < end) {
		const char *nul = memchr(cursor, '\0', (size_t)(end - cursor));

		if (!nul || !is_known(cursor[0]) || (loads && is_of_failure(cursor[0])) ||
			(recall_host_has(cursor[0]) &&
				!recall_host_is_sound(cursor[0], cursor + 1)))
			return false;
		errors += cursor[0] == TAG_ERROR;
		cursor = nul + 1;
	}
	return errors == (loads ? 0 : 1);
}

void recall_fini(struct recall *recall) {
	free(recall->bytes);
	*recall = (struct recall){0};
}

bool recall_agrees(const struct recall *one, const struct recall *other) {
	return one->reason == other->reason && one->signal == other->signal &&
	       one->exit_status == other->exit_status;
}

static enum verdict_worth if_known(const struct facts *rests_on, enum verdict_worth worth) {
	return rests_on->size > 0 ? worth : VERDICT_WORTH_NEVER;
}

static enum verdict_worth worth_at_best(const struct verdict *verdict) {
	switch (dltest_reason_class(verdict->reason)) {
	case DLTEST_REASON_CLASS_LOADS:
		/* With company or a host, it rests on why it did not load alone, too. */
		if ((verdict->context.count > 0 || verdict->host) && verdict->basis.size == 0)
			return VERDICT_WORTH_NEVER;
		return if_known(&verdict->facts, VERDICT_WORTH_ALWAYS);
	case DLTEST_REASON_CLASS_FORM:
		/* The dynamic linker says the same of a dependency. */
		return verdict->nothing_was_loaded ? VERDICT_WORTH_ALWAYS : VERDICT_WORTH_NEVER;
	case DLTEST_REASON_CLASS_LINKER:
		/* Only a trace tells what was searched for it. */
		return if_known(&verdict->basis, VERDICT_WORTH_ALWAYS);
	case DLTEST_REASON_CLASS_PROCESS:
		/* In closing it, or by a trace. Killed is nobody's own doing. */
		return verdict->signal == SIGKILL ? VERDICT_WORTH_NEVER
		       : verdict->facts.size > 0
			       ? VERDICT_WORTH_IF_REPEATED
			       : if_known(&verdict->basis, VERDICT_WORTH_IF_REPEATED);
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_PASSING:
		return VERDICT_WORTH_NEVER;
	}
	return VERDICT_WORTH_NEVER;
}

enum verdict_worth recall_worth(const struct verdict *verdict) {
	enum verdict_worth worth = worth_at_best(verdict);

	return verdict->worth > worth ? verdict->worth : worth;
}
