/* SPDX-License-Identifier: MIT */
#include "hostwords.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "further.h"
#include "host.h"
#include "hostquery.h"
#include "tracetext.h"
#include "verdict.h"

DEFINE_CLEANUP(struct host *, host_free);

/* Whether what ended it may be that the host's functions were none, and its data zeros. */
static bool is_excused(const struct verdict *trial) {
	switch (dltest_reason_class(trial->reason)) {
	case DLTEST_REASON_CLASS_PROCESS:
		return trial->hosttrace.called || trial->hosttrace.data > 0;
	case DLTEST_REASON_CLASS_PASSING:
		return trial->reason != DLTEST_REASON_NO_VERDICT && trial->hosttrace.called;
	case DLTEST_REASON_CLASS_LOADS:
	case DLTEST_REASON_CLASS_PATH:
	case DLTEST_REASON_CLASS_FORM:
	case DLTEST_REASON_CLASS_LINKER:
		return false;
	}
	return false;
}

bool hostwords_are_good(const struct verdict *trial) {
	return !trial->hosttrace.in_libraries &&
	       !facts_has(&trial->facts, DLTEST_FACT_HOST_TROUBLE) &&
	       (trial->reason == DLTEST_REASON_NONE || is_excused(trial));
}

/* What a library's host and its files are called is shown to people. */
static char *copy(const char *text) {
	return text ? tracetext_fit(text, strlen(text)) : NULL;
}

static struct host *make(const struct hostcandidate *candidate, const struct verdict *trial) {
	CLEANUP(host_free_p) struct host *host = host_new();

	if (!host)
		return NULL;
	host->name = copy(candidate->name);
	host->program = copy(candidate->program);
	if (!host->name || (candidate->program && !host->program))
		return NULL;
	if (!trial)
		return steal_ptr(&host);
	host->symbols = trial->hosttrace.symbols;
	host->called = copy(trial->hosttrace.called);
	if (trial->hosttrace.called && !host->called)
		return NULL;
	return steal_ptr(&host);
}

/* It was linked with its host; how it ended is told of, and that nobody knows whose doing it was.
 */
static int excuse(struct verdict *trial, struct host *host) {
	char *warning;
	int length =
		host->called
			? asprintf(&warning,
				  "its initialisers could not be tried to their end: they call "
				  "%s of its host, which was stood in for (then: %s)",
				  host->called, dltest_reason_name(trial->reason))
			: asprintf(&warning,
				  "its initialisers could not be tried to their end: they use "
				  "data of its host, which was stood in for (then: %s)",
				  dltest_reason_name(trial->reason));

	if (length < 0 || strv_take(&trial->warnings, warning) < 0)
		return -ENOMEM;
	host->then = dltest_reason_name(trial->reason);
	verdict_lower(trial, dltest_reason_class(trial->reason) == DLTEST_REASON_CLASS_PASSING
				     ? VERDICT_WORTH_NEVER
				     : VERDICT_WORTH_IF_REPEATED);
	free(trial->error);
	trial->error = NULL;
	trial->reason = DLTEST_REASON_NONE;
	trial->signal = 0;
	trial->exited = false;
	trial->phase = NULL;
	return 0;
}

/* What the program loads first, in this order. */
static int tell_after(
	struct host *host, const struct hostcandidate *candidate, const struct strv *after) {
	int r = candidate->via ? strv_add(&host->after, candidate->via) : 0;

	return r < 0 ? r : strv_add_all(&host->after, after);
}

int hostwords_take(struct verdict *answer, const struct hostcandidate *candidate,
	const struct strv *after, struct verdict *trial) {
	CLEANUP(host_free_p) struct host *host = make(candidate, trial);

	if (!host || tell_after(host, candidate, after) < 0 ||
		facts_put(&answer->basis, DLTEST_FACT_OBJECT, candidate->program) < 0)
		return -ENOMEM;
	if (trial->reason != DLTEST_REASON_NONE && excuse(trial, host) < 0)
		return -ENOMEM;
	/* Whether it is still so depends on why it did not load alone, too. */
	verdict_lower(trial, answer->worth);
	facts_fini(&trial->basis);
	trial->basis = answer->basis;
	answer->basis = (struct facts){0};
	verdict_fini(answer);
	*answer = verdict_steal(trial);
	answer->host = steal_ptr(&host);
	return 0;
}

char *hostwords_trouble(const struct hostcandidate *host, const struct verdict *trial) {
	const char *told = facts_next(&trial->facts, DLTEST_FACT_HOST_TROUBLE, NULL);
	char *words;

	if (told)
		return copy(told);
	if (!trial->hosttrace.in_libraries)
		return NULL;
	return asprintf(&words, "%s: what it needs %s", host->program,
		       trial->error ? trial->error : "does not load") < 0
		       ? NULL
		       : words;
}

static bool has(const struct strv *names, const char *name) {
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return true;
	}
	return false;
}

/* Appends 'symbol', which is taken over, to 'symbols' unless it is one of 'known'. */
static int add_symbol(struct strv *symbols, struct needs *known, char *symbol) {
	size_t count = known->count;

	int r = symbol ? needs_add(known, symbol, NULL, NULL, NULL) : -ENOMEM;
	if (r == 0 && known->count > count)
		return strv_take(symbols, symbol);
	free(symbol);
	return r;
}

/* Copies the needs and symbols of 'answer' that are left: those that are 'lacking', and versions.
 */
static int copy_left(const struct verdict *answer, const struct needs *lacking, struct needs *needs,
	struct strv *symbols, struct needs *known) {
	int r = 0;

	for (size_t i = 0; i < answer->needs.count && r == 0; i++) {
		const struct need *need = &answer->needs.items[i];

		if (!need->provider && !needs_has(lacking, need->name))
			continue;
		r = needs_append(needs, need->name, need->version, need->needed_by, need->provider);
		if (r == 0)
			r = add_symbol(symbols, known, needs_symbol(need));
	}
	return r;
}

/* Of what the answer says is lacking, only what is left, 'first' before all. A trace tells of many
 * thousands: none is looked for one by one. */
static int narrow(struct verdict *answer, const struct strv *lacks, const struct strv *first) {
	cleanup_needs struct needs lacking = {0}, known = {0}, needs = {0};
	cleanup_strv struct strv symbols = {0};
	int r = 0;

	for (size_t i = 0; i < lacks->count && r == 0; i++)
		r = needs_add(&lacking, lacks->items[i], NULL, NULL, NULL);
	for (size_t i = 0; i < first->count && r == 0; i++)
		r = add_symbol(&symbols, &known, strdup(first->items[i]));
	if (r == 0)
		r = copy_left(answer, &lacking, &needs, &symbols, &known);
	if (r < 0)
		return r;
	needs_fini(&answer->needs);
	strv_fini(&answer->symbols);
	answer->needs = needs;
	answer->symbols = symbols;
	needs = (struct needs){0};
	symbols = (struct strv){0};
	return 0;
}

/* "… (with PROGRAM; 2 more symbols are missing)" */
static void tell_lacks(struct verdict *answer, const struct host *host) {
	size_t more = answer->symbols.count > 0 ? answer->symbols.count - 1 : 0;
	char count[64] = "";

	if (more > 0)
		snprintf(count, sizeof(count), "; %zu more %s missing", more,
			more == 1 ? "symbol is" : "symbols are");
	(void)verdict_add_remark(answer, "with %s%s", host->program, count);
}

static int list_unchecked(const struct verdict *best, struct strv *names) {
	const char *name = NULL;
	int r = 0;

	while (r == 0 && (name = facts_next(&best->facts, DLTEST_FACT_HOST_UNCHECKED, name)))
		r = strv_add(names, name);
	return r;
}

/* Whether the dynamic linker named what is lacking, and not what only could not be had here. */
static bool names_lack(const struct verdict *best, const struct strv *lacks) {
	cleanup_free char *name =
		best->symbols.count > 0
			? strndup(best->symbols.items[0], strcspn(best->symbols.items[0], ","))
			: NULL;

	return lacks->count == 0 || (name && has(lacks, name));
}

/* Has 'best' be about the first of 'lacks'. */
static int name_lack(struct verdict *best, const char *plugin, const struct strv *lacks) {
	char *error;

	if (asprintf(&error, "%s: undefined symbol: %s", plugin, lacks->items[0]) < 0)
		return -ENOMEM;
	free(best->error);
	best->error = error;
	strv_fini(&best->symbols);
	return strv_add(&best->symbols, lacks->items[0]);
}

/* It lacks symbols that its host does not have. */
static void conclude_lacking(const struct hostwords *words, struct host *host) {
	struct verdict *answer = words->answer, *best = words->best;

	if (list_unchecked(best, &host->unchecked) < 0 ||
		(!names_lack(best, words->lacks) &&
			name_lack(best, words->plugin, words->lacks) < 0) ||
		!best->error || narrow(answer, words->lacks, &best->symbols) < 0) {
		host_free(host);
		return;
	}
	host->lacks = answer->symbols.count;
	free(answer->error);
	answer->error = steal_ptr(&best->error);
	answer->host = host;
	tell_lacks(answer, host);
}

/* It fails there, too, but of something else: that is what its host would see. */
static void conclude_failing(const struct hostwords *words, struct host *host) {
	struct verdict *answer = words->answer, *best = words->best;

	facts_fini(&best->basis);
	best->basis = answer->basis;
	answer->basis = (struct facts){0};
	verdict_lower(best, answer->worth);
	verdict_fini(answer);
	*answer = verdict_steal(best);
	answer->host = host;
	further_tell_time(answer, words->timeout_ms);
	if (answer->error)
		(void)verdict_add_remark(answer, "with %s", host->program);
}

/* Why a library of the host does not load, in the dynamic linker's words; what may be said of it.
 */
static const char *find_closed(const struct verdict *best) {
	const char *told = NULL, *first = facts_next(&best->facts, DLTEST_FACT_HOST_LIBRARY, NULL);

	while ((told = facts_next(&best->facts, DLTEST_FACT_HOST_LIBRARY, told))) {
		if (strstr(told, "static TLS"))
			return told;
	}
	return first ? first : "it does not load";
}

static bool replace_error(struct verdict *answer, char *error) {
	char *shown = error ? copy(error) : NULL;

	free(error);
	if (!shown)
		return false;
	free(answer->error);
	answer->error = shown;
	return true;
}

/* What its host would have to have nobody can tell here: 'names'. */
static void conclude_unchecked(
	struct verdict *answer, struct host *host, const struct strv *names, char *error) {
	if (strv_add_all(&host->unchecked, names) < 0) {
		free(error);
		host_free(host);
		return;
	}
	if (!replace_error(answer, error)) {
		host_free(host);
		return;
	}
	answer->reason = DLTEST_REASON_NEEDS_HOST;
	strv_fini(&answer->symbols);
	needs_fini(&answer->needs);
	answer->host = host;
}

static char *words_for_closed(const char *name, const char *trouble) {
	const bool is_static = strstr(trouble, "static TLS") != NULL;
	char *words;

	return asprintf(&words, "is a plugin of %s, of which a library %s: %s", name,
		       is_static ? "can only be loaded when a program starts"
				 : "could not be loaded",
		       trouble) < 0
		       ? NULL
		       : words;
}

static char *words_for_absent(const char *name, size_t count, const char *trouble) {
	const char *symbols = count == 1 ? "symbol" : "symbols";
	char *words;
	int length =
		trouble ? asprintf(&words,
				  "is a plugin of %s, which cannot be used here: %s (%zu %s of "
				  "it could not be checked)",
				  name, trouble, count, symbols)
			: asprintf(&words,
				  "is a plugin of %s, which was not found (%zu %s of it could "
				  "not be checked)",
				  name, count, symbols);

	return length < 0 ? NULL : words;
}

/* The host that is known by an entry point, and is not here or of no use; NULL if none is. */
static const struct hostcandidate *find_absent(const struct hostfinding *finding) {
	for (size_t i = 0; i < finding->candidates_count; i++) {
		if (finding->candidates[i].by_entry)
			return &finding->candidates[i];
	}
	return NULL;
}

static void conclude_with_best(const struct hostwords *words) {
	const struct hostcandidate *candidate = words->best_host;
	struct host *host = make(candidate, words->best);
	cleanup_strv struct strv unchecked = {0};

	if (!host || list_unchecked(words->best, &unchecked) < 0) {
		host_free(host);
		return;
	}
	if (words->best->reason != DLTEST_REASON_UNDEFINED_SYMBOL)
		conclude_failing(words, host);
	else if (words->lacks->count == 0 && unchecked.count > 0)
		conclude_unchecked(words->answer, host, &unchecked,
			words_for_closed(candidate->name, find_closed(words->best)));
	else
		conclude_lacking(words, host);
}

void hostwords_conclude(const struct hostwords *words) {
	const struct hostcandidate *absent = find_absent(words->finding);

	/* A program of which only its exports speak is not said to be the host of what fails. */
	if (words->best_host && words->best_host->by_entry) {
		conclude_with_best(words);
	} else if (absent && (!absent->program || words->trouble) && !words->best_host) {
		struct host *host = make(absent, NULL);

		if (host)
			conclude_unchecked(words->answer, host, words->names,
				words_for_absent(
					absent->name, words->names->count, words->trouble));
	} else if (words->trouble) {
		(void)verdict_add_remark(words->answer, "%s", words->trouble);
	} else if (words->is_incomplete) {
		(void)verdict_add_remark(words->answer,
			"whether it is a plugin of a program could not be found out");
	}
}
