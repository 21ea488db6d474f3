/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One answer for each path that was asked about, in the order of the arguments. Results come in
 * any order and name the absolute path that was sent; for JSON they are kept as the text they came
 * as, but for the path, which is given as the caller gave it.
 */

#include <stdbool.h>
#include <stddef.h>

struct answers;
struct jsonscan;
struct jsontext;
struct paths;
struct result;

/* What answers are kept as. */
enum answers_form {
	ANSWERS_TEXT,	 /* for answers_print() */
	ANSWERS_RESULTS, /* for answers_result() */
};

/* Is told of each answer as it becomes known: its index. Returns true when there is use in more. */
typedef bool (*answers_fn)(void *context, size_t index);

/*
 * For 'paths', which must stay. Paths that cannot be sent (not UTF-8, empty, too long) are
 * answered at once. The caller frees *ret_answers. Returns 0 or -ENOMEM.
 */
int answers_new(const struct paths *paths, enum answers_form form, struct answers **ret_answers);

struct answers *answers_free(struct answers *answers);

/* Has 'on_answer' told of every answer: before this returns of those already known, in the order of
 * the paths, and of the others as they come. */
void answers_watch(struct answers *answers, answers_fn on_answer, void *context);

/* Takes the result that is value 'result' of 'scan': for the first path without an answer that it
 * can be about. Returns 0; -EPROTO when it is no result or about nothing that was asked;
 * -ECANCELED when there is no use in more. */
int answers_take(struct answers *answers, const struct jsonscan *scan, size_t result);

/* Answers path 'index' without a verdict. */
void answers_give_up(struct answers *answers, size_t index, const char *why);

/* Path 'index' as it was given, which may be any bytes. */
const char *answers_given(const struct answers *answers, size_t index);

/* The absolute path of 'index'; NULL when it is relative and there is no working directory. */
const char *answers_path(const struct answers *answers, size_t index);

bool answers_is_known(const struct answers *answers, size_t index);

size_t answers_count(const struct answers *answers);
size_t answers_count_known(const struct answers *answers);
size_t answers_count_not_loaded(const struct answers *answers);

/* Appends answer 'index' of ANSWERS_TEXT as a JSON object. */
void answers_print(const struct answers *answers, size_t index, struct jsontext *text);

/* Answer 'index' of ANSWERS_RESULTS, which is known. It stays the answers', until
 * answers_forget(). */
const struct result *answers_result(const struct answers *answers, size_t index);

/* Lets go of what is kept of answer 'index', which is not to be asked for again. */
void answers_forget(struct answers *answers, size_t index);

/* The exit status that the answers make (enum dltest_exit). */
int answers_exit_status(const struct answers *answers);
