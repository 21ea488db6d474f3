/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Answers, one for each path that was asked about, in the order of the arguments. Results come in
 * any order and name the absolute path that was sent; for JSON they are kept as the text that came,
 * but for the path, which is printed as the caller gave it.
 */

#include <stdbool.h>
#include <stddef.h>

struct answers;
struct jsonscan;
struct jsontext;
struct paths;
struct result;

/* The form in which answers are kept. */
enum answers_form {
	ANSWERS_TEXT,	 /* for answers_print() */
	ANSWERS_RESULTS, /* for answers_result() */
};

/* Takes note of answer 'index', which is known now. Returns true if there is use in more answers.
 */
typedef bool (*answers_fn)(void *context, size_t index);

/*
 * New answers for 'paths', which must stay. Paths that cannot be sent (not UTF-8, empty, too long)
 * are answered at once. answers_free() frees *ret_answers. Returns 0 or -ENOMEM.
 */
int answers_new(const struct paths *paths, enum answers_form form, struct answers **ret_answers);

/* Frees 'answers'; NULL is nothing. Returns NULL. */
struct answers *answers_free(struct answers *answers);

/* Appends to 'text' a hint at what can be done about the library at 'path', of which the result is
 * value 'result' of 'scan'; nothing if there is none. */
typedef void (*answers_hint_fn)(void *context, const char *path, const struct jsonscan *scan,
	size_t result, struct jsontext *text);

/* Has answers_print() tell the hint that 'hint' gives for a library that does not load. Before any
 * result is taken. */
void answers_hint(struct answers *answers, answers_hint_fn hint, void *context);

/* Has 'on_answer' told of every answer: of those already known before this function returns, in the
 * order of the paths, and of the others as they come. */
void answers_watch(struct answers *answers, answers_fn on_answer, void *context);

/* Takes the result that is value 'result' of 'scan' for the first path without an answer that the
 * result can be about. Returns 0; -EPROTO if the value is no result, or about nothing that was
 * asked; -ECANCELED if there is no use in more. */
int answers_take(struct answers *answers, const struct jsonscan *scan, size_t result);

/* Has plugins of which only the host is missing be no failure. Before any result is taken. */
void answers_allow_missing_host(struct answers *answers);

/*
 * Has results that tell of no verdict kept and not be answers, until answers_believe(): another
 * daemon may have one. Their paths are neither known nor open then; after that they are open, and
 * what is kept is the answer if that is given up.
 */
void answers_doubt(struct answers *answers);
void answers_believe(struct answers *answers);

/* Answers path 'index', which is not known, without a verdict: as the result that is kept says,
 * else with the error 'why'. */
void answers_give_up(struct answers *answers, size_t index, const char *why);

/* The path 'index' as it was given, which may be any bytes. */
const char *answers_given(const struct answers *answers, size_t index);

/* The absolute path 'index'; NULL if it was given as a relative one and there is no working
 * directory.
 */
const char *answers_path(const struct answers *answers, size_t index);

/* True if path 'index' is to be asked about. */
bool answers_is_open(const struct answers *answers, size_t index);

/* True if path 'index' has its answer. */
bool answers_is_known(const struct answers *answers, size_t index);

/* The number of paths; of those with an answer; of those that are to be asked about; of those whose
 * answer says that they did not load, unless they are skipped. */
size_t answers_count(const struct answers *answers);
size_t answers_count_known(const struct answers *answers);
size_t answers_count_open(const struct answers *answers);
size_t answers_count_not_loaded(const struct answers *answers);

/* Appends answer 'index' of ANSWERS_TEXT as a JSON object. */
void answers_print(const struct answers *answers, size_t index, struct jsontext *text);

/* The result of answer 'index' of ANSWERS_RESULTS, which is known. It belongs to the answers, until
 * answers_forget(). */
const struct result *answers_result(const struct answers *answers, size_t index);

/* Frees what is kept of answer 'index', which nobody will ask for any more. */
void answers_forget(struct answers *answers, size_t index);

/* The exit status that the answers make (enum dltest_exit). */
int answers_exit_status(const struct answers *answers);
