/* SPDX-License-Identifier: MIT */
#include "tracetext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

/* A path, a symbol of C++ and some words. What is longer is cut. */
#define LINE_MAX_SIZE (256 * 1024)

static void note_error(struct tracetext *text, int r) {
	if (r < 0 && text->error == 0)
		text->error = r;
}

/* Whether 'needs' takes no more. What is missing of all kinds goes into one result. */
static bool is_full(const struct tracetext *text, const struct needs *needs) {
	size_t size = needs == &text->wants ? needs->text_size
					    : text->libraries.text_size + text->symbols.text_size +
						      text->versions.text_size;

	return needs->count >= TRACETEXT_NEEDS_MAX || size > TRACETEXT_SIZE_MAX;
}

static void add_need(struct tracetext *text, struct needs *needs, const char *name,
	const char *version, const char *needed_by, const char *provider) {
	if (is_full(text, needs))
		note_error(text, -E2BIG);
	else
		note_error(text, needs_add(needs, name, version, needed_by, provider));
}

/* Cuts 'line' at the last 'mark'; returns what is behind it, or NULL if there is none. */
static char *cut_at_last(char *line, const char *mark) {
	char *found = NULL;

	for (char *next = line; (next = strstr(next, mark)); next++)
		found = next;
	if (!found)
		return NULL;
	*found = '\0';
	return found + strlen(mark);
}

static char *cut_at_first(char *line, const char *mark) {
	char *found = strstr(line, mark);

	if (!found)
		return NULL;
	*found = '\0';
	return found + strlen(mark);
}

/* Cuts "SUFFIX" off the end of 'line'. */
static bool cut_suffix(char *line, const char *suffix) {
	size_t length = strlen(line), size = strlen(suffix);

	if (length < size || strcmp(line + length - size, suffix) != 0)
		return false;
	line[length - size] = '\0';
	return true;
}

static const char *after(const char *line, const char *prefix) {
	size_t length = strlen(prefix);

	return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

static void add_fact(struct tracetext *text, enum dltest_fact fact, const char *what) {
	if (strlen(what) + 2 > TRACETEXT_FACTS_MAX - text->facts.size)
		note_error(text, -E2BIG);
	else
		note_error(text, facts_put(&text->facts, fact, what));
}

/* "NAME => not found", "NAME => PATH (0x…)" or "PATH (0x…)", behind a tab. */
static void take_object(struct tracetext *text, char *line) {
	if (cut_suffix(line, " => not found")) {
		add_need(text, &text->libraries, line, NULL, NULL, NULL);
		return;
	}
	if (!cut_at_last(line, " (0x"))
		return;
	const char *path = strstr(line, " => /");
	path = path ? path + 4 : line;
	if (path[0] != '/')
		return;
	if (text->objects_count++ < TRACETEXT_OBJECTS_MAX)
		add_fact(text, DLTEST_FACT_OBJECT, path);
	else
		note_error(text, -E2BIG);
}

/* "undefined symbol: NAME[, version VERSION]\t(OBJECT)" */
static void take_symbol(struct tracetext *text, char *line) {
	char *object = cut_at_last(line, "\t(");

	if (object && !cut_suffix(object, ")"))
		object = NULL;
	char *version = cut_at_last(line, ", version ");
	add_need(text, &text->symbols, line, version, object, NULL);
}

/* "PROGRAM: PROVIDER: version `VERSION' not found (required by OBJECT)" */
static void take_version(struct tracetext *text, char *line) {
	char *version = cut_at_last(line, ": version `");
	char *object = version ? cut_at_first(version, "' not found (required by ") : NULL;
	char *provider = strstr(line, ": /");

	if (!object || !cut_suffix(object, ")"))
		return;
	add_need(text, &text->versions, version, NULL, object, provider ? provider + 2 : line);
}

/* Of the forms of directories for special hardware only those count that exist, and whether one
 * does shows in the directory that it is in (daemon/memory.c looks there). */
static bool is_hardware(const char *directory) {
	static const char *const names[] = {"/glibc-hwcaps", "/tls", "/haswell", "/avx512_1",
		"/xeon_phi", "/x86_64", "/atomics", "/x86-64-v2", "/x86-64-v3", "/x86-64-v4"};
	const char *last = strrchr(directory, '/');

	for (size_t i = 0; last && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(last, names[i]) == 0)
			return true;
	}
	return false;
}

static void take_directory(struct tracetext *text, const char *directory) {
	if (is_hardware(directory) || needs_has(&text->directories, directory))
		return;
	if (text->directories.count >= TRACETEXT_DIRECTORIES_MAX) {
		note_error(text, -E2BIG);
		return;
	}
	note_error(text, needs_add(&text->directories, directory, NULL, NULL, NULL));
	add_fact(text, directory[0] == '/' ? DLTEST_FACT_DIRECTORY : DLTEST_FACT_INCOMPLETE,
		directory);
}

/* "DIRECTORY:DIRECTORY…\t\t(where from)" */
static void take_search_path(struct tracetext *text, char *line) {
	char *save = NULL;

	cut_at_first(line, "\t\t(");
	for (char *directory = strtok_r(line, ":", &save); directory;
		directory = strtok_r(NULL, ":", &save))
		take_directory(text, directory);
}

/* "file=NAME [0];  needed by OBJECT [0]" */
static void take_want(struct tracetext *text, char *line) {
	char *object = cut_at_first(line, " [0];  needed by ");

	if (object && cut_suffix(object, " [0]"))
		add_need(text, &text->wants, line, NULL, object, NULL);
}

/* What LD_DEBUG adds, behind a process id and a tab. */
static void take_debug(struct tracetext *text, char *line) {
	if (after(line, " search path="))
		take_search_path(text, line + strlen(" search path="));
	else if (after(line, "file="))
		take_want(text, line + strlen("file="));
}

/* "Error loading shared library NAME: why (needed by OBJECT)", as musl says it. */
static void take_musl_library(struct tracetext *text, char *line) {
	char *object = cut_at_last(line, " (needed by ");

	if (object)
		cut_suffix(object, ")");
	cut_at_last(line, ": ");
	add_need(text, &text->libraries, line, NULL, object, NULL);
}

/* "Error relocating OBJECT: NAME: symbol not found" */
static void take_musl_symbol(struct tracetext *text, char *line) {
	if (!cut_suffix(line, ": symbol not found"))
		return;
	char *name = cut_at_last(line, ": ");
	if (name)
		add_need(text, &text->symbols, name, NULL, line, NULL);
}

/* The text behind "   1234:\t" of LD_DEBUG; NULL if it is no such line. */
static char *debug_text(char *line) {
	char *cursor = line + strspn(line, " ");
	size_t digits = strspn(cursor, "0123456789");

	return digits > 0 && strncmp(cursor + digits, ":\t", 2) == 0 ? cursor + digits + 2 : NULL;
}

static void take_line(struct tracetext *text, char *line) {
	char *debug = debug_text(line);

	if (debug)
		take_debug(text, debug);
	else if (line[0] == '\t')
		take_object(text, line + 1);
	else if (after(line, "undefined symbol: "))
		take_symbol(text, line + strlen("undefined symbol: "));
	else if (strstr(line, ": version `"))
		take_version(text, line);
	else if (after(line, "Error loading shared library "))
		take_musl_library(text, line + strlen("Error loading shared library "));
	else if (after(line, "Error relocating "))
		take_musl_symbol(text, line + strlen("Error relocating "));
	else if (strstr(line, ": error while loading shared libraries: "))
		text->failed = true;
}

/* Whether the line can be read where it is, which nearly all can. */
static bool is_plain(const char *line, size_t size) {
	return memchr(line, '\0', size) == NULL && dltest_utf8_is_valid(line, size);
}

bool tracetext_tame(char *text) {
	bool tamed = false;

	for (char *c = text; *c; c++) {
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
			*c = '?';
			tamed = true;
		}
	}
	return tamed;
}

char *tracetext_fit(const char *text, size_t length) {
	char *fit = dltest_utf8_repair(text, length);

	if (fit)
		tracetext_tame(fit);
	return fit;
}

static void take_raw_line(struct tracetext *text) {
	cleanup_free char *repaired = NULL;
	char *line = text->line;

	if (text->line_size == 0)
		return;
	if (!is_plain(line, text->line_size))
		line = repaired = dltest_utf8_repair(line, text->line_size);
	else
		line[text->line_size] = '\0';
	if (line) {
		text->tamed |= tracetext_tame(line);
		take_line(text, line);
	} else {
		note_error(text, -ENOMEM);
	}
	text->line_size = 0;
}

/* Room for a line of 'size' bytes and a NUL. */
static bool make_room(struct tracetext *text, size_t size) {
	if (size < text->line_capacity)
		return true;
	size_t capacity = 2 * size + 256;
	char *line = realloc(text->line, capacity);
	if (!line) {
		note_error(text, -ENOMEM);
		return false;
	}
	text->line = line;
	text->line_capacity = capacity;
	return true;
}

static void keep(struct tracetext *text, const char *bytes, size_t size) {
	if (size > LINE_MAX_SIZE - text->line_size) {
		note_error(text, -E2BIG);
		size = LINE_MAX_SIZE - text->line_size;
	}
	if (size == 0 || !make_room(text, text->line_size + size))
		return;
	memcpy(text->line + text->line_size, bytes, size);
	text->line_size += size;
}

void tracetext_add(struct tracetext *text, const char *bytes, size_t size) {
	const char *newline;

	while ((newline = memchr(bytes, '\n', size))) {
		size_t length = (size_t)(newline - bytes);

		keep(text, bytes, length);
		take_raw_line(text);
		bytes += length + 1;
		size -= length + 1;
	}
	keep(text, bytes, size);
}

/* glibc says what is missing without, and in its debugging texts who wants what, found or not. */
static void find_wanting(struct tracetext *text) {
	cleanup_needs struct needs missing = text->libraries, found = {0};

	text->libraries = (struct needs){0};
	for (size_t i = 0; i < text->wants.count; i++) {
		const struct need *want = &text->wants.items[i];

		if (!needs_has(&missing, want->name))
			continue;
		note_error(text, needs_add(&found, want->name, NULL, NULL, NULL));
		add_need(text, &text->libraries, want->name, NULL, want->needed_by, NULL);
	}
	for (size_t i = 0; i < missing.count; i++) {
		const struct need *need = &missing.items[i];

		if (!needs_has(&found, need->name))
			add_need(text, &text->libraries, need->name, NULL, need->needed_by, NULL);
	}
}

void tracetext_end(struct tracetext *text) {
	take_raw_line(text);
	find_wanting(text);
	/* What goes by the name that was changed cannot be looked for. */
	if (text->tamed)
		add_fact(text, DLTEST_FACT_INCOMPLETE, "a name with control characters");
}

void tracetext_fini(struct tracetext *text) {
	needs_fini(&text->libraries);
	needs_fini(&text->symbols);
	needs_fini(&text->versions);
	needs_fini(&text->wants);
	needs_fini(&text->directories);
	facts_fini(&text->facts);
	free(text->line);
	*text = (struct tracetext){0};
}
