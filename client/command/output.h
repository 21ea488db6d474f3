/* SPDX-License-Identifier: MIT */
#pragma once

/* Standard output and the progress line on a terminal. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answers;
struct table;

struct output {
	struct answers *answers;
	struct table *table; /* print rows of it; NULL for JSON */
	size_t rows;	     /* printed; the next answer to print */
	bool lines;	     /* print each answer when it is known */
	bool progress;	     /* show how far it is */
	bool shown;
	bool failed; /* something could not be written */
	uint64_t start_ms;
	uint64_t shown_ms;
};

/*
 * For 'answers' and 'table' (NULL for JSON), which must stay. Starts the clock, and finds out
 * whether there is a terminal to show progress on. With 'lines', each answer is printed when it is
 * known; else an array at the end.
 */
void output_init(struct output *output, struct answers *answers, struct table *table, bool lines);

/* An answers_fn for a 'struct output'. */
bool output_on_answer(void *context, size_t index);

/* To be called now and then while nothing is answered, with a 'struct output'. */
void output_on_wait(void *context);

/* Removes the progress line and prints what is still to be printed. */
void output_finish(struct output *output);
