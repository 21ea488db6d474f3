/* SPDX-License-Identifier: MIT */
#include "answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/exitcodes.h>
#include <dltest/protocol.h>
#include <dltest/reasons.h>
#include <dltest/utf8.h>

#include "jsonscan.h"
#include "jsontext.h"
#include "paths.h"
#include "result.h"
#include "skip.h"

struct answer {
	const char *given; /* the argument */
	char *absolute;
	enum path_kind kind;
	char *members; /* of the result, but for its path: "ok":true,…; for ANSWERS_TEXT */
	bool known;
	bool doubted; /* no verdict; not known, and not asked about again yet */
	bool kept;    /* the result above is there, as the answer if no better one comes */
	bool loaded;
	bool skipped;
	bool no_verdict;
	bool excused;		   /* it did not load, which is no failure */
	struct answer *next_equal; /* asked about once more */
};

struct answers {
	struct answer *items;
	struct result *results; /* one for each of them; NULL for ANSWERS_TEXT */
	size_t count;
	struct answer **sorted; /* by absolute path; equal ones in the order of the arguments */
	size_t sorted_count;
	answers_fn on_answer; /* NULL until somebody watches */
	void *context;
	answers_hint_fn hint; /* NULL: none are given */
	void *hint_context;
	bool doubts; /* no_verdict is not believed */
	bool allows_missing_host;
	size_t known;
	size_t doubted;
	size_t not_loaded;
	size_t without_verdict;
};

DEFINE_CLEANUP(struct answers *, answers_free);

static struct result *result_of(const struct answers *answers, const struct answer *answer) {
	return &answers->results[answer - answers->items];
}

static bool set_known(struct answers *answers, struct answer *answer) {
	answers->doubted -= answer->doubted;
	answer->doubted = false;
	answer->known = true;
	answers->known++;
	answers->not_loaded += !answer->loaded && !answer->skipped && !answer->excused;
	answers->without_verdict += answer->no_verdict;
	return !answers->on_answer ||
	       answers->on_answer(answers->context, (size_t)(answer - answers->items));
}

static char *members_of_failure(enum dltest_reason reason, const char *error) {
	struct jsontext text = {0};

	jsontext_puts(&text, "\"ok\":false,\"error\":");
	jsontext_string(&text, error);
	jsontext_puts(&text, ",\"reason\":\"");
	jsontext_puts(&text, dltest_reason_name(reason));
	jsontext_put(&text, "\"", 2); /* with the NUL */
	if (text.failed)
		jsontext_fini(&text);
	return text.bytes;
}

/* An answer of the client's own. Without memory for its text it goes out with none. */
static void set_failure(struct answers *answers, struct answer *answer, enum dltest_reason reason,
	const char *error) {
	if (answers->results)
		result_fail(result_of(answers, answer), reason, error);
	else
		answer->members = members_of_failure(reason, error);
	answer->no_verdict = reason == DLTEST_REASON_NO_VERDICT;
	set_known(answers, answer);
}

static const char *complaint_about(const struct answer *answer) {
	if (!answer->given[0])
		return "the path is empty";
	if (!dltest_utf8_is_valid(answer->given, strlen(answer->given)))
		return "the path is not valid UTF-8, which is all that can be asked about";
	if (!answer->absolute)
		return "the path is relative, and there is no working directory";
	if (!dltest_utf8_is_valid(answer->absolute, strlen(answer->absolute)))
		return "the working directory is not valid UTF-8; give an absolute path";
	if (strlen(answer->absolute) >= DLTEST_PATH_MAX)
		return "the path is longer than the system takes";
	return NULL;
}

static int compare(const void *a, const void *b) {
	const struct answer *first = *(struct answer *const *)a;
	const struct answer *second = *(struct answer *const *)b;
	int order = strcmp(first->absolute, second->absolute);

	if (order)
		return order;
	return first < second ? -1 : first > second;
}

/* Sorts those that will be sent, so that each result finds its path. */
static void sort(struct answers *answers) {
	size_t count = 0;

	for (size_t i = 0; i < answers->count; i++) {
		if (!answers->items[i].known)
			answers->sorted[count++] = &answers->items[i];
	}
	if (count > 1)
		qsort(answers->sorted, count, sizeof(*answers->sorted), compare);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(answers->sorted[i - 1]->absolute, answers->sorted[i]->absolute) == 0)
			answers->sorted[i - 1]->next_equal = answers->sorted[i];
	}
	answers->sorted_count = count;
}

int answers_new(const struct paths *paths, enum answers_form form, struct answers **ret_answers) {
	CLEANUP(answers_free_p) struct answers *answers = calloc(1, sizeof(*answers));

	if (!answers)
		return -ENOMEM;
	answers->items = calloc(paths->count + 1, sizeof(*answers->items));
	answers->sorted = calloc(paths->count + 1, sizeof(struct answer *));
	if (form == ANSWERS_RESULTS)
		answers->results = calloc(paths->count + 1, sizeof(*answers->results));
	if (!answers->items || !answers->sorted || (form == ANSWERS_RESULTS && !answers->results))
		return -ENOMEM;
	answers->count = paths->count;
	for (size_t i = 0; i < paths->count; i++) {
		struct answer *answer = &answers->items[i];

		answer->given = paths->items[i].text;
		answer->absolute = paths_absolute(paths->items[i].text);
		answer->kind = paths->items[i].kind;
		const char *complaint = complaint_about(answer);
		if (complaint)
			set_failure(answers, answer, DLTEST_REASON_INVALID_PATH, complaint);
	}
	sort(answers);
	*ret_answers = steal_ptr(&answers);
	return 0;
}

struct answers *answers_free(struct answers *answers) {
	if (!answers)
		return NULL;
	for (size_t i = 0; i < answers->count; i++) {
		free(answers->items[i].absolute);
		answers_forget(answers, i);
	}
	free(answers->items);
	free(answers->results);
	free(answers->sorted);
	free(answers);
	return NULL;
}

void answers_hint(struct answers *answers, answers_hint_fn hint, void *context) {
	answers->hint = hint;
	answers->hint_context = context;
}

void answers_watch(struct answers *answers, answers_fn on_answer, void *context) {
	answers->on_answer = on_answer;
	answers->context = context;
	for (size_t i = 0; i < answers->count; i++) {
		if (answers->items[i].known)
			on_answer(context, i);
	}
}

static bool is_open(const struct answer *answer) {
	return !answer->known && !answer->doubted;
}

/* The first of those with this path, by bisection. */
static struct answer *find(const struct answers *answers, const char *path) {
	size_t low = 0, high = answers->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(answers->sorted[middle]->absolute, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	struct answer *found = low < answers->sorted_count ? answers->sorted[low] : NULL;
	return found && strcmp(found->absolute, path) == 0 ? found : NULL;
}

static void put_hint(const struct answers *answers, const struct answer *answer,
	const struct jsonscan *scan, size_t result, struct jsontext *text) {
	cleanup_jsontext struct jsontext hint = {0};

	if (!answers->hint || jsonscan_is_true(scan, jsonscan_member(scan, result, "ok")))
		return;
	answers->hint(answers->hint_context, answer->absolute, scan, result, &hint);
	if (hint.length == 0)
		return;
	jsontext_put(&hint, "", 1);
	text->failed |= hint.failed;
	if (hint.failed)
		return;
	jsontext_puts(text, ",\"hint\":");
	jsontext_string(text, hint.bytes);
}

/* The members of a result without its path, wherever among them that stands, and with what the
 * client has to add. */
static char *members_to_print(const struct answers *answers, const struct answer *answer,
	const struct jsonscan *scan, size_t result) {
	size_t path = jsonscan_member(scan, result, "path");
	struct jsonscan_slice whole = jsonscan_slice(scan, result);
	struct jsonscan_slice key = jsonscan_slice(scan, path - 1);
	struct jsonscan_slice value = jsonscan_slice(scan, path);
	const char *start = whole.at + 1, *end = whole.at + whole.length - 1;
	const char *after = value.at + value.length;
	struct jsontext text = {0};

	/* Without the comma between what came before and what comes after. */
	if (after < end && *after == ',')
		after++;
	jsontext_put(&text, start, (size_t)(key.at - start));
	jsontext_put(&text, after, (size_t)(end - after));
	if (text.length > 0 && text.bytes[text.length - 1] == ',')
		text.length--;
	if (answer->skipped)
		jsontext_puts(&text, ",\"skipped\":true");
	else
		put_hint(answers, answer, scan, result, &text);
	jsontext_put(&text, "", 1);
	if (text.failed)
		jsontext_fini(&text);
	return text.bytes;
}

static bool has_reason(const struct jsonscan *scan, size_t result, enum dltest_reason reason) {
	const char *word = dltest_reason_name(reason);
	size_t value = jsonscan_member(scan, result, "reason"), length = strlen(word);
	struct jsonscan_slice slice = jsonscan_slice(scan, value);

	/* Between its quotation marks. */
	return value && slice.length == length + 2 && memcmp(slice.at + 1, word, length) == 0;
}

/* Keeps the result in the form that is wanted. Returns 0 or -ENOMEM. */
static int keep(const struct answers *answers, struct answer *answer, const struct jsonscan *scan,
	size_t result) {
	if (answers->results) {
		struct result *kept = result_of(answers, answer);
		int r = result_init(kept, scan, result);

		kept->skipped = answer->skipped;
		if (r < 0)
			result_fini(kept);
		return r;
	}
	answer->members = members_to_print(answers, answer, scan, result);
	return answer->members ? 0 : -ENOMEM;
}

int answers_take(struct answers *answers, const struct jsonscan *scan, size_t result) {
	size_t path = jsonscan_member(scan, result, "path");
	size_t ok = jsonscan_member(scan, result, "ok");
	cleanup_free char *text = path ? jsonscan_string(scan, path) : NULL;

	if (!text || !ok)
		return -EPROTO;
	struct answer *answer = find(answers, text);
	while (answer && !is_open(answer))
		answer = answer->next_equal;
	if (!answer)
		return -EPROTO;
	answers_forget(answers, (size_t)(answer - answers->items));
	answer->kept = false;
	answer->skipped = skip_applies(answer->kind, answer->absolute, scan, result);
	int r = keep(answers, answer, scan, result);
	if (r < 0)
		return r;
	answer->loaded = jsonscan_is_true(scan, ok);
	answer->no_verdict = has_reason(scan, result, DLTEST_REASON_NO_VERDICT);
	answer->excused =
		answers->allows_missing_host && has_reason(scan, result, DLTEST_REASON_NEEDS_HOST);
	if (answer->no_verdict && answers->doubts) {
		answer->kept = answer->doubted = true;
		answers->doubted++;
		return 0;
	}
	return set_known(answers, answer) ? 0 : -ECANCELED;
}

void answers_allow_missing_host(struct answers *answers) {
	answers->allows_missing_host = true;
}

void answers_doubt(struct answers *answers) {
	answers->doubts = true;
}

void answers_believe(struct answers *answers) {
	answers->doubts = false;
	answers->doubted = 0;
	for (size_t i = 0; i < answers->count; i++)
		answers->items[i].doubted = false;
}

void answers_give_up(struct answers *answers, size_t index, const char *why) {
	struct answer *answer = &answers->items[index];

	if (answer->kept)
		set_known(answers, answer);
	else
		set_failure(answers, answer, DLTEST_REASON_NO_VERDICT, why);
}

const char *answers_given(const struct answers *answers, size_t index) {
	return answers->items[index].given;
}

const char *answers_path(const struct answers *answers, size_t index) {
	return answers->items[index].absolute;
}

bool answers_is_known(const struct answers *answers, size_t index) {
	return answers->items[index].known;
}

bool answers_is_open(const struct answers *answers, size_t index) {
	return is_open(&answers->items[index]);
}

size_t answers_count(const struct answers *answers) {
	return answers->count;
}

size_t answers_count_known(const struct answers *answers) {
	return answers->known;
}

size_t answers_count_open(const struct answers *answers) {
	return answers->count - answers->known - answers->doubted;
}

size_t answers_count_not_loaded(const struct answers *answers) {
	return answers->not_loaded;
}

void answers_print(const struct answers *answers, size_t index, struct jsontext *text) {
	const struct answer *answer = &answers->items[index];

	jsontext_puts(text, "{\"path\":");
	jsontext_string(text, answer->given);
	jsontext_puts(text, ",");
	jsontext_puts(text, answer->members ? answer->members
					    : "\"ok\":false,\"error\":\"out of memory\","
					      "\"reason\":\"no_verdict\"");
	jsontext_puts(text, "}");
}

const struct result *answers_result(const struct answers *answers, size_t index) {
	return &answers->results[index];
}

void answers_forget(struct answers *answers, size_t index) {
	if (answers->results)
		result_fini(&answers->results[index]);
	free(answers->items[index].members);
	answers->items[index].members = NULL;
}

int answers_exit_status(const struct answers *answers) {
	if (answers->without_verdict > 0)
		return DLTEST_EXIT_NO_VERDICT;
	return answers->not_loaded > 0 ? DLTEST_EXIT_NOT_LOADED : DLTEST_EXIT_OK;
}
