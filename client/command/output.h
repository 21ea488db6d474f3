/* SPDX-License-Identifier: MIT */
#pragma once

/* The output: answers on standard output, and the progress line on a terminal. */

#include <stdbool.h>
#include <stddef.h>

#include "progress.h"

struct answers;
struct table;

/* How answers are printed. */
enum output_form {
	OUTPUT_ARRAY, /* as one JSON array, at the end */
	OUTPUT_LINES, /* as a JSON object a line, each when it is known */
	OUTPUT_TABLE, /* as rows of a table, in their order */
};

struct output {
	enum output_form form;
	struct answers *answers;
	struct table *table; /* of OUTPUT_TABLE; else NULL */
	size_t rows;	     /* printed, and with that the next answer to print */
	bool failed;	     /* true: something could not be written */
	bool no_memory;	     /* true: that was for want of memory */
	struct progress progress;
};

/*
 * Makes 'output' ready to print 'answers' in the form 'form', with 'table' (NULL unless that is
 * OUTPUT_TABLE); both must stay. Starts the clock, and finds out whether there is a terminal to
 * show progress on.
 */
void output_init(
	struct output *output, enum output_form form, struct answers *answers, struct table *table);

/* An answers_fn, whose 'context' is a struct output: prints what can be printed now. */
bool output_on_answer(void *context, size_t index);

/* Shows the progress on the struct output that is 'context'; to be called now and then while no
 * answer comes. */
void output_on_wait(void *context);

/* Removes the progress line and prints what is still to be printed; output->failed then says
 * whether all was written. */
void output_finish(struct output *output);
