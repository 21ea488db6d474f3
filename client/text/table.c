/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "answers.h"
#include "forecast.h"
#include "hint.h"
#include "jsontext.h"
#include "result.h"
#include "screen.h"
#include "summary.h"
#include "tally.h"
#include "visible.h"

/* Blanks before the lines below a row, and columns for what such a line is about. */
#define INDENT	    4
#define LABEL_WIDTH 11
#define TIME_WIDTH  8
/* Columns for the longest reason, and of those for a name the least. */
#define REASON_WIDTH 18
#define NAME_MIN     16
/* Where nothing is cut, a name longer than this does not move those of the other rows. */
#define NAME_FREE 100
/* Lines of one kind, without --details. */
#define LINES_MAX 5
/* Bytes of one of them on a terminal, without --details: symbols may have thousands. */
#define LINE_MAX_BYTES 600

struct table {
	const struct answers *answers;
	struct table_config config;
	struct screen screen;
	size_t name_width;
	struct summary summary;
	struct tally hints; /* given once each */
};

/* One row being written. */
struct row {
	struct table *table;
	struct jsontext *text;
	const struct result *result;
	const char *path; /* absolute */
};

static void put_name(const struct table *table, size_t index, struct jsontext *name) {
	const char *given = answers_given(table->answers, index);

	visible_puts(name, *given ? given : "''", table->screen.utf8);
}

int table_new(const struct answers *answers, const struct table_config *config,
	struct table **ret_table) {
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->answers = answers;
	table->config = *config;
	screen_init(&table->screen);
	size_t mark = table->screen.utf8 ? 2 : 3;
	size_t others = mark + 2 + TIME_WIDTH + 2 + REASON_WIDTH;
	size_t limit = NAME_FREE;
	if (table->screen.width > 0)
		limit = table->screen.width > others + NAME_MIN ? table->screen.width - others
								: NAME_MIN;
	for (size_t i = 0; i < answers_count(answers); i++) {
		cleanup_jsontext struct jsontext name = {0};

		put_name(table, i, &name);
		size_t width = visible_width(name.bytes, name.length);
		if (width > table->name_width)
			table->name_width = width < limit ? width : limit;
	}
	*ret_table = table;
	return 0;
}

struct table *table_free(struct table *table) {
	if (!table)
		return NULL;
	summary_fini(&table->summary);
	tally_fini(&table->hints);
	free(table);
	return NULL;
}

static void put_mark(const struct row *row) {
	const struct screen *screen = &row->table->screen;

	if (row->result->ok)
		screen_put(screen, row->text, SCREEN_GOOD, screen->utf8 ? "\xe2\x9c\x93" : "ok");
	else if (row->result->skipped)
		screen_put(screen, row->text, SCREEN_FAINT, screen->utf8 ? "-" : "--");
	else if (row->result->reason == DLTEST_REASON_NO_VERDICT)
		screen_put(screen, row->text, SCREEN_ODD, screen->utf8 ? "?" : "??");
	else
		screen_put(screen, row->text, SCREEN_BAD, screen->utf8 ? "\xe2\x9c\x97" : "NO");
	jsontext_puts(row->text, " ");
}

/* The name, of which the end says most: what does not fit on a terminal goes at the front. Returns
 * how many blanks are missing behind it. */
static size_t put_row_name(const struct row *row, size_t index) {
	const struct table *table = row->table;
	const char *dots = table->screen.utf8 ? "\xe2\x80\xa6" : "...";
	size_t dots_width = table->screen.utf8 ? 1 : 3, skip = 0;
	cleanup_jsontext struct jsontext name = {0};

	put_name(table, index, &name);
	size_t width = visible_width(name.bytes, name.length);
	if (table->screen.width > 0 && width > table->name_width) {
		skip = visible_skip(name.bytes, name.length, table->name_width - dots_width);
		width = visible_width(name.bytes + skip, name.length - skip) + dots_width;
		jsontext_puts(row->text, dots);
	}
	jsontext_put(row->text, name.bytes + skip, name.length - skip);
	row->text->failed |= name.failed;
	return width < table->name_width ? table->name_width - width : 0;
}

static const char *time_of(const struct result *result, char *buffer, size_t size) {
	double ms = (double)result->duration_us / 1000;

	if (result->duration_us < 0)
		*buffer = '\0';
	else if (ms < 1000)
		snprintf(buffer, size, "%.*f ms", ms < 10 ? 2 : 1, ms);
	else
		snprintf(buffer, size, "%.2f s", ms / 1000);
	return buffer;
}

/* Where it runs is told below, and nothing to look after. */
static size_t count_troubles(const struct result *result) {
	size_t count = 0;

	for (size_t i = 0; i < result->warnings.count; i++)
		count += !forecast_is(result->warnings.items[i]);
	return count;
}

/* Why it did not load, in the word of the protocol, which the manual explains; or what is to be
 * known although it did. */
static const char *note_of(const struct result *result, char *buffer, size_t size) {
	if (!result->ok)
		return dltest_reason_name(result->reason);
	*buffer = '\0';
	size_t troubles = count_troubles(result);
	if (troubles > 0)
		snprintf(buffer, size, "%zu warning%s", troubles, troubles == 1 ? "" : "s");
	else if (result->host.name)
		snprintf(buffer, size, "with %s", result->host.name);
	else if (result->context.count > 0)
		snprintf(buffer, size, "with its package");
	return buffer;
}

static enum screen_colour colour_of_note(const struct result *result) {
	if (result->skipped)
		return SCREEN_FAINT;
	return result->ok ? SCREEN_ODD : SCREEN_BAD;
}

static void put_first_line(const struct row *row, size_t index) {
	const struct screen *screen = &row->table->screen;
	char time_buffer[32], note_buffer[40], column[48];
	const char *time = time_of(row->result, time_buffer, sizeof(time_buffer));
	const char *note = note_of(row->result, note_buffer, sizeof(note_buffer));

	put_mark(row);
	size_t blanks = put_row_name(row, index);
	if (*time || *note) {
		screen_put_blanks(row->text, blanks + 2);
		snprintf(column, sizeof(column), *note ? "%*s  " : "%*s", TIME_WIDTH, time);
		screen_put(screen, row->text, SCREEN_FAINT, column);
	}
	if (*note)
		screen_put(screen, row->text, colour_of_note(row->result), note);
	jsontext_puts(row->text, "\n");
}

static void put_labelled(
	const struct row *row, enum screen_colour colour, const char *label, const char *words) {
	screen_put_blanks(row->text, INDENT);
	screen_put(&row->table->screen, row->text, colour, label);
	screen_put_blanks(row->text, LABEL_WIDTH - strlen(label));
	screen_put_lines(&row->table->screen, row->text, INDENT + LABEL_WIDTH,
		row->table->config.details ? 0 : LINE_MAX_BYTES, words);
}

static void put_line(const struct row *row, const char *label, const char *words) {
	put_labelled(row, SCREEN_FAINT, label, words);
}

/* The label stands at the first line only. Returns false when no more are to be printed. */
static bool put_item(
	const struct row *row, const char *label, const char *words, size_t number, size_t count) {
	char more[80];

	if (number < LINES_MAX || row->table->config.details) {
		put_line(row, number == 0 ? label : "", words);
		return true;
	}
	snprintf(more, sizeof(more), "and %zu more, which --details lists", count - number);
	put_line(row, "", more);
	return false;
}

static void put_list(const struct row *row, const char *label, const struct result_list *list) {
	for (size_t i = 0; i < list->count; i++) {
		if (!put_item(row, label, list->items[i], i, list->count))
			return;
	}
}

static void put_need(
	const struct row *row, const struct result_need *need, struct jsontext *words) {
	jsontext_puts(words, need->name);
	if (need->version) {
		jsontext_puts(words, ", version ");
		jsontext_puts(words, need->version);
	}
	if (need->provider) {
		jsontext_puts(words, " of ");
		jsontext_puts(words, need->provider);
	}
	if (need->needed_by && need->needed_by[0]) {
		jsontext_puts(words, ", needed by ");
		jsontext_puts(
			words, strcmp(need->needed_by, row->path) == 0 ? "it" : need->needed_by);
	}
	jsontext_put(words, "", 1);
}

/* Whether a need is of a symbol while libraries are missing, which most likely have it. */
static bool is_consequence(const struct row *row, const struct result_need *need) {
	const struct result *result = row->result;

	if (result->reason != DLTEST_REASON_MISSING_DEPENDENCY || row->table->config.details)
		return false;
	for (size_t i = 0; i < result->missing.count; i++) {
		if (strcmp(result->missing.items[i], need->name) == 0)
			return false;
	}
	return true;
}

/* What is missing and who needs it; without the latter, what is missing. */
static void put_needs(const struct row *row) {
	const struct result *result = row->result;
	size_t number = 0, count = 0;

	for (size_t i = 0; i < result->needs_count; i++)
		count += !is_consequence(row, &result->needs[i]);
	const char *label =
		result->reason == DLTEST_REASON_UNDEFINED_SYMBOL ? "undefined" : "missing";

	for (size_t i = 0; i < result->needs_count; i++) {
		cleanup_jsontext struct jsontext words = {0};

		if (is_consequence(row, &result->needs[i]))
			continue;
		put_need(row, &result->needs[i], &words);
		row->text->failed |= words.failed;
		if (words.failed || !put_item(row, label, words.bytes, number++, count))
			return;
	}
	if (count > 0)
		return;
	put_list(row, label, &result->missing);
	put_list(row, label, &result->symbols);
}

/* Without the path in front, which the row has, but where it says what a relative one stands for.
 */
static void put_error(const struct row *row, const char *given) {
	const char *error = row->result->error;
	size_t length = strlen(row->path);
	bool tells = row->result->reason == DLTEST_REASON_NOT_FOUND && *given != '/';

	if (!error)
		error = "(none was given)";
	if (!tells && strncmp(error, row->path, length) == 0 &&
		strncmp(error + length, ": ", 2) == 0 && error[length + 2])
		error += length + 2;
	put_line(row, "error", error);
}

static void put_hint(const struct row *row) {
	const struct hint_about about = {
		.path = row->path,
		.home = row->table->config.home,
		.details = row->table->config.details,
		.no_daemon = row->table->config.no_daemon,
		.result = row->result,
	};
	cleanup_jsontext struct jsontext hint = {0};

	hint_put(&hint, &about);
	if (hint.length == 0)
		return;
	jsontext_put(&hint, "", 1);
	if (!hint.failed && tally_add(&row->table->hints, hint.bytes) == 0)
		put_labelled(row, SCREEN_HELP, "hint", hint.bytes);
}

/* What the library printed, line by line. */
static void put_output(const struct row *row) {
	const char *line = row->result->output;
	const char *label = "printed";

	while (line && *line) {
		size_t length = strcspn(line, "\n");
		cleanup_free char *copy = strndup(line, length);

		if (!copy) {
			row->text->failed = true;
			return;
		}
		put_line(row, label, copy);
		label = "";
		line += length + (line[length] == '\n');
	}
	if (row->result->output && strlen(row->result->output) >= DLTEST_OUTPUT_MAX)
		put_line(row, label, "(what came after that was not kept)");
}

static bool is_of_process(enum dltest_reason reason) {
	return reason == DLTEST_REASON_CRASHED || reason == DLTEST_REASON_EXITED ||
	       reason == DLTEST_REASON_TIMED_OUT;
}

/* What it said at last, which may be why. */
static void put_last_line(const struct row *row) {
	const char *output = row->result->output;
	size_t end = output ? strlen(output) : 0, start;

	while (end > 0 && (output[end - 1] == '\n' || output[end - 1] == '\r'))
		end--;
	for (start = end; start > 0 && output[start - 1] != '\n'; start--)
		continue;
	cleanup_free char *line = end > start ? strndup(output + start, end - start) : NULL;
	if (line)
		put_line(row, "printed", line);
}

static void put_host(const struct row *row) {
	const struct result_host *host = &row->result->host;

	if (host->program)
		put_line(row, "host", host->program);
	if (host->called)
		put_line(row, "called", host->called);
}

static void put_details(const struct row *row) {
	char time[80];

	if (row->result->duration_us >= 0) {
		snprintf(time, sizeof(time), "%lld microseconds%s",
			(long long)row->result->duration_us,
			row->result->cached ? ", remembered from an earlier load" : "");
		put_line(row, "time", time);
	}
	put_list(row, "context", &row->result->context);
	put_host(row);
	put_list(row, "warning", &row->result->warnings);
	if (row->result->blind)
		put_line(row, "tried", "(not known: refused calls cannot be recorded here)");
	put_list(row, "tried", &row->result->denied);
	put_output(row);
	put_list(row, "mapped", &row->result->objects);
}

void table_put_row(struct table *table, size_t index, struct jsontext *text) {
	const struct result *result = answers_result(table->answers, index);
	const char *path = answers_path(table->answers, index);
	const struct row row = {
		table, text, result, path ? path : answers_given(table->answers, index)};

	summary_add(&table->summary, result);
	put_first_line(&row, index);
	/* Of what is skipped there may be hundreds, and nothing is to be done about it. */
	if (!result->ok && (!result->skipped || table->config.details))
		put_error(&row, answers_given(table->answers, index));
	if (!result->ok && !result->skipped) {
		put_needs(&row);
		if (!table->config.details && is_of_process(result->reason))
			put_last_line(&row);
		put_hint(&row);
	}
	if (table->config.details)
		put_details(&row);
}

void table_put_summary(struct table *table, struct jsontext *text) {
	/* Set off from the rows. */
	if (answers_count(table->answers) > 0)
		jsontext_puts(text, "\n");
	summary_put(&table->summary, &table->screen, text);
}
