/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdio.h>

#include "answers.h"
#include "jsontext.h"
#include "stdout.h"
#include "table.h"

/* Of an array, so much is written at a time. */
#define WRITE_BYTES 65536

void output_init(struct output *output, enum output_form form, struct answers *answers,
	struct table *table) {
	*output = (struct output){
		.form = form,
		.answers = answers,
		.table = table,
	};
	progress_init(&output->progress);
}

static void show_progress(struct output *output) {
	if (progress_is_due(&output->progress))
		progress_show(&output->progress, "checked %zu of %zu, %zu not loaded",
			answers_count_known(output->answers), answers_count(output->answers),
			answers_count_not_loaded(output->answers));
}

void output_on_wait(void *context) {
	show_progress(context);
}

/* Takes note of what came of writing 'text', 0 or -errno. */
static void note(struct output *output, const struct jsontext *text, int r) {
	if (text->failed)
		r = -ENOMEM;
	if (r < 0)
		output->failed = true;
	if (r != -ENOMEM || output->no_memory)
		return;
	output->no_memory = true;
	fputs("tsuku-dltest: out of memory\n", stderr);
}

static int write_text(const struct jsontext *text) {
	return text->failed ? 0 : stdout_write(text->bytes, text->length);
}

static int write_json(const struct jsontext *text) {
	return text->failed ? 0 : stdout_write_json(text->bytes, text->length);
}

static void print_line(struct output *output, size_t index) {
	cleanup_jsontext struct jsontext text = {0};

	answers_print(output->answers, index, &text);
	jsontext_put(&text, "\n", 1);
	progress_hide(&output->progress);
	note(output, &text, write_json(&text));
}

/*
 * Rows come in the order of the arguments, each as soon as it is known and all before it are: what
 * belongs together stays together, two runs can be compared, and the first rows are there at once.
 * One that hangs holds the others back no longer than its timeout; the progress line tells of them.
 */
static void print_rows(struct output *output) {
	cleanup_jsontext struct jsontext text = {0};

	for (; output->rows < answers_count(output->answers) &&
		answers_is_known(output->answers, output->rows);
		output->rows++) {
		table_put_row(output->table, output->rows, &text);
		answers_forget(output->answers, output->rows);
	}
	if (text.length == 0 && !text.failed)
		return;
	progress_hide(&output->progress);
	note(output, &text, write_text(&text));
}

bool output_on_answer(void *context, size_t index) {
	struct output *output = context;

	if (output->form == OUTPUT_TABLE && !output->failed)
		print_rows(output);
	else if (output->form == OUTPUT_LINES && !output->failed)
		print_line(output, index);
	if (answers_count_known(output->answers) < answers_count(output->answers))
		show_progress(output);
	return !output->failed;
}

/* Writes what has been gathered, and lets go of it. */
static void flush(struct output *output, struct jsontext *text) {
	note(output, text, write_json(text));
	text->length = 0;
}

static void print_array(struct output *output) {
	cleanup_jsontext struct jsontext text = {0};

	jsontext_put(&text, "[", 1);
	for (size_t i = 0; i < answers_count(output->answers) && !output->failed; i++) {
		if (i > 0)
			jsontext_put(&text, ",", 1);
		answers_print(output->answers, i, &text);
		if (text.length >= WRITE_BYTES || text.failed)
			flush(output, &text);
	}
	jsontext_puts(&text, "]\n");
	if (!output->failed)
		flush(output, &text);
}

static void print_summary(struct output *output) {
	cleanup_jsontext struct jsontext text = {0};

	table_put_summary(output->table, &text);
	note(output, &text, write_text(&text));
}

void output_finish(struct output *output) {
	progress_hide(&output->progress);
	if (output->form == OUTPUT_TABLE && !output->failed)
		print_summary(output);
	else if (output->form == OUTPUT_ARRAY)
		print_array(output);
}
