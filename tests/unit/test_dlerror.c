/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlerror.h"

#define LIB "/l/libx.so"

/* A line of tests/corpus/: what is after each tab. */
enum column {
	CASE,
	PATH,
	REASON,
	MISSING,
	SYMBOLS,
	MESSAGE,
	COLUMNS
};

/* Undoes \n, \t and \\ in place. */
static void unescape(char *text) {
	char *out = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			*out++ = *++text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
		else
			*out++ = *text;
	}
	*out = '\0';
}

static void expect_names(const struct strv *names, const char *expected, const char *text) {
	cr_expect_eq(names->count, *expected ? 1 : 0, "%s: %zu names", text, names->count);
	if (names->count == 1)
		cr_expect_str_eq(names->items[0], expected, "%s", text);
}

static void expect(char *const columns[COLUMNS]) {
	cleanup_strv struct strv missing = {0}, symbols = {0};
	const char *text = columns[MESSAGE];

	enum dltest_reason reason = dlerror_classify(columns[PATH], text, &missing, &symbols);
	cr_expect_str_eq(dltest_reason_name(reason), columns[REASON], "%s", text);
	expect_names(&missing, columns[MISSING], text);
	expect_names(&symbols, columns[SYMBOLS], text);
}

/* Whatever is left of a message, in another's company or without the path: it must be read to its
 * end and no further, which the sanitizers watch. */
static void mangle(const char *path, const char *text) {
	size_t length = strlen(text);

	for (size_t start = 0; start <= length; start++) {
		for (int side = 0; side < 2; side++) {
			cleanup_strv struct strv missing = {0}, symbols = {0};
			char *part = side ? strdup(text + start) : strndup(text, start);

			cr_assert_neq(
				dlerror_classify(start % 2 ? path : NULL, part, &missing, &symbols),
				DLTEST_REASON_NONE);
			free(part);
		}
	}
}

static size_t read_corpus(const char *name, void (*use)(char *const columns[COLUMNS])) {
	const char *source = getenv("DLTEST_SOURCE_DIR");
	char *line = NULL, path[4096];
	size_t size = 0, count = 0;

	cr_assert_not_null(source);
	snprintf(path, sizeof(path), "%s/tests/corpus/%s.tsv", source, name);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	while (getline(&line, &size, file) >= 0) {
		char *columns[COLUMNS], *rest = line;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		for (size_t i = 0; i < COLUMNS; i++) {
			columns[i] = strsep(&rest, "\t");
			cr_assert_not_null(columns[i], "%s: a line without %zu", path, i);
			unescape(columns[i]);
		}
		cr_assert_null(rest, "%s: too much in a line", path);
		use(columns);
		count++;
	}
	free(line);
	fclose(file);
	return count;
}

static void mangle_columns(char *const columns[COLUMNS]) {
	mangle(columns[PATH], columns[MESSAGE]);
}

Test(dlerror, texts_of_glibc_are_classified) {
	cr_expect_geq(read_corpus("glibc", expect), 100);
}

Test(dlerror, texts_of_musl_are_classified) {
	cr_expect_geq(read_corpus("musl", expect), 60);
}

Test(dlerror, texts_of_dyld_are_classified) {
	cr_expect_geq(read_corpus("dyld", expect), 40);
}

Test(dlerror, parts_of_texts_are_survived) {
	read_corpus("glibc", mangle_columns);
	read_corpus("musl", mangle_columns);
	read_corpus("dyld", mangle_columns);
}

Test(dlerror, the_library_is_blamed_if_no_path_is_known) {
	cleanup_strv struct strv missing = {0}, symbols = {0};

	cr_expect_eq(dlerror_classify(NULL, LIB ": invalid ELF header", &missing, &symbols),
		DLTEST_REASON_NOT_A_LIBRARY);
	cr_expect_eq(missing.count, 0);
	cr_expect_eq(dlerror_classify(NULL,
			     "liby.so: cannot open shared object file: No such file or "
			     "directory",
			     &missing, &symbols),
		DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_eq(missing.count, 1);
}

Test(dlerror, bytes_that_are_no_text_are_classified) {
	cleanup_strv struct strv missing = {0}, symbols = {0};

	cr_expect_eq(
		dlerror_classify(NULL, "\xff\xfe", &missing, &symbols), DLTEST_REASON_LOAD_ERROR);
	cr_expect_eq(dlerror_classify(NULL, LIB ": undefined symbol: \xff", &missing, &symbols),
		DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_str_eq(symbols.items[0], "\xff");
}

Test(dlerror, a_huge_symbol_is_taken_whole) {
	static char text[200000];
	cleanup_strv struct strv missing = {0}, symbols = {0};

	strcpy(text, LIB ": undefined symbol: ");
	memset(text + strlen(text), 's', 100000);
	cr_expect_eq(
		dlerror_classify(NULL, text, &missing, &symbols), DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_eq(strlen(symbols.items[0]), 100000);
}

Test(dlerror, knows_what_may_be_otherwise_the_next_time) {
	static const char *const passing[] = {
		LIB ": cannot open shared object file: Too many open files",
		LIB ": cannot read file data: Input/output error\n(needed by /l/liby.so)",
		LIB ": cannot read file data: Interrupted system call",
		LIB ": failed to map segment from shared object: Cannot allocate memory",
		LIB ": failed to map segment from shared object\n(needed by /l/liby.so)",
		"Error loading shared library liby.so: I/O error (needed by " LIB ")",
	};
	static const char *const lasting[] = {
		"",
		LIB ": cannot open shared object file: No such file or directory",
		LIB ": undefined symbol: of_an_Input/output error",
		LIB ": invalid ELF header\n(needed by : Input/output error)",
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		cr_expect(dlerror_is_of_the_moment(passing[i]), "%s", passing[i]);
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		cr_expect_not(dlerror_is_of_the_moment(lasting[i]), "%s", lasting[i]);
}
