/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/exitcodes.h>
#include <dltest/protocol.h>

#include "options.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define GO_ON	      (-1)
#define ARGUMENTS_MAX 256

static struct options options;
static FILE *complaints;
static char said[65536];

/* What is said is not the runner's. */
static void set_up(void) {
	complaints = tmpfile();
	cr_assert_not_null(complaints);
	cr_assert_eq(dup2(fileno(complaints), STDERR_FILENO), STDERR_FILENO);
	cr_assert_eq(chdir("/"), 0);
	unsetenv("LD_LIBRARY_PATH");
}

static void tear_down(void) {
	options_fini(&options);
	fclose(complaints);
}

TestSuite(client_options, .init = set_up, .fini = tear_down);

/* What was said on stderr since it was asked last. */
static const char *what_was_said(void) {
	fflush(stderr);
	rewind(complaints);
	size_t length = fread(said, 1, sizeof(said) - 1, complaints);
	said[length] = '\0';
	cr_assert_eq(ftruncate(fileno(complaints), 0), 0);
	rewind(complaints);
	return said;
}

/* The arguments are words with a blank between them. */
static int parse(const char *arguments) {
	static char copy[65536], program[] = "program";
	static char *argv[ARGUMENTS_MAX + 2];
	int argc = 0;

	options_fini(&options);
	snprintf(copy, sizeof(copy), "%s", arguments);
	argv[argc++] = program;
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		cr_assert_leq(argc, ARGUMENTS_MAX);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	/* From the start, once more. */
	optind = 0;
	return options_parse(&options, argc, argv);
}

static void expect_list(const struct request_list *list, const char *const *wanted, size_t count) {
	cr_assert_eq(list->count, count, "%zu", list->count);
	for (size_t i = 0; i < count; i++)
		cr_expect_str_eq(list->items[i], wanted[i]);
}

#define EXPECT_LIST(list, ...) \
	expect_list(list, (const char *const[]){__VA_ARGS__}, \
		COUNT(((const char *const[]){__VA_ARGS__})))

Test(client_options, paths_alone_leave_all_to_the_daemon) {
	cr_assert_eq(parse("a /b"), GO_ON);
	cr_expect_eq(options.action, ACTION_VERIFY);
	cr_assert_eq(options.paths_count, 2);
	cr_expect_str_eq(options.paths[0], "a");
	cr_expect_str_eq(options.paths[1], "/b");
	const struct request *request = &options.request;
	cr_expect_not(request->lazy || request->dry_run || request->fresh || request->bare ||
		      request->details);
	cr_expect(request->roots.count == 0 && request->preload.count == 0 &&
		  request->library_path.count == 0);
	cr_expect_str_eq(what_was_said(), "");
}

Test(client_options, flag_sets_one_field) {
	const struct {
		const char *arguments;
		const bool *field;
	} flags[] = {
		{"--jsonl x", &options.jsonl},
		{"--all", &options.all},
		{"--no-daemon x", &options.no_daemon},
		{"--lazy x", &options.request.lazy},
		{"--dry-run x", &options.request.dry_run},
		{"--fresh x", &options.request.fresh},
		{"--bare x", &options.request.bare},
	};

	for (size_t i = 0; i < COUNT(flags); i++) {
		cr_assert_eq(parse(flags[i].arguments), GO_ON);
		for (size_t j = 0; j < COUNT(flags); j++)
			cr_expect_eq(*flags[j].field, i == j, "%s: %s", flags[i].arguments,
				flags[j].arguments);
	}
}

Test(client_options, text_asks_for_details_and_does_not_print_them) {
	cr_assert_eq(parse("--details x"), GO_ON);
	cr_expect(options.details && options.request.details);
	cr_assert_eq(parse("--text x"), GO_ON);
	cr_expect(options.text && !options.details && options.request.details);
}

Test(client_options, timeout_is_seconds_with_fractions_or_has_a_unit) {
	static const struct {
		const char *arguments;
		unsigned ms; /* 0: refused */
	} samples[] = {
		{"--timeout 1 x", 1000},
		{"--timeout=0.0015 x", 2},
		{"--timeout 600 x", 600000},
		{"--timeout 600.001 x", 0},
		{"--timeout 0 x", 0},
		{"--timeout -1 x", 0},
		{"--timeout nan x", 0},
		{"--timeout inf x", 0},
		{"--timeout 1s x", 1000},
		{"--timeout 1.5s x", 1500},
		{"--timeout 250ms x", 250},
		{"--timeout 2m x", 120000},
		{"--timeout 11m x", 0},
		{"--timeout s x", 0},
		{"--timeout 1d x", 0},
	};

	for (size_t i = 0; i < COUNT(samples); i++) {
		int status = parse(samples[i].arguments);

		cr_expect_eq(status, samples[i].ms ? GO_ON : DLTEST_EXIT_USAGE, "%s",
			samples[i].arguments);
		if (samples[i].ms)
			cr_expect_eq(options.request.timeout_ms, samples[i].ms);
	}
}

/* --- Times -------------------------------------------------------------------------------- */

/* Standard output as somebody else gave it. */
static void put_stdout(int fd) {
	cr_assert_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	close(fd);
}

static void put_stdout_to_a_pipe(void) {
	int pair[2];

	cr_assert_eq(pipe(pair), 0);
	close(pair[0]);
	put_stdout(pair[1]);
}

static void put_stdout_to_a_terminal(void) {
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	cr_assert_geq(terminal, 0);
	cr_assert(isatty(terminal));
	put_stdout(terminal);
}

static void expect_times(const char *arguments, unsigned within_ms, unsigned timeout_ms) {
	cr_assert_eq(parse(arguments), GO_ON, "%s", arguments);
	cr_expect_eq(options.within_ms, within_ms, "%s: %u", arguments, options.within_ms);
	cr_expect_eq(options.request.timeout_ms, timeout_ms, "%s: %u", arguments,
		options.request.timeout_ms);
}

static void expect_times_of_paths(size_t count, unsigned within_ms, unsigned timeout_ms) {
	char arguments[1000] = "";

	for (size_t i = 0; i < count; i++)
		strcat(arguments, "x ");
	expect_times(arguments, within_ms, timeout_ms);
}

Test(client_options, few_paths_have_the_time_that_tsuku_gives) {
	put_stdout_to_a_pipe();
	expect_times_of_paths(1, 4500, 3000);
	expect_times_of_paths(64, 4500, 3000);
	expect_times_of_paths(65, 0, 10000);
}

Test(client_options, other_options_do_not_take_that_time_away) {
	static const char *const samples[] = {"--details x", "--dry-run x", "--lazy x", "--fresh x",
		"--bare x", "--no-daemon x", "--root / x", "--with /a.so x"};

	put_stdout_to_a_pipe();
	for (size_t i = 0; i < COUNT(samples); i++)
		expect_times(samples[i], 4500, 3000);
}

Test(client_options, who_asks_in_another_way_than_tsuku_has_any_time) {
	static const char *const samples[] = {
		"--all", "--all x", "--files-from y", "--files-from y x", "--jsonl x", "--text x"};

	put_stdout_to_a_pipe();
	for (size_t i = 0; i < COUNT(samples); i++)
		expect_times(samples[i], 0, 10000);
	expect_times("--timeout 2 x", 0, 2000);
	expect_times("--timeout 3 x", 0, 3000);
}

Test(client_options, who_asks_from_a_terminal_has_any_time) {
	put_stdout_to_a_terminal();
	expect_times("x", 0, 10000);
	expect_times("--within 2 x", 2000, 3000);
}

Test(client_options, within_is_seconds_with_fractions) {
	put_stdout_to_a_pipe();
	expect_times("--within 0 x", 0, 10000);
	expect_times("--within 0.0015 x", 2, 3000);
	expect_times("--within=6 --jsonl x", 6000, 4000);
	expect_times("--within 8 --all", 8000, 5332);
	expect_times("--within 86400 x", 86400000, 10000);
	expect_times("--within 2 --timeout 20 x", 2000, 20000);
	expect_times("--timeout 20 --within 0 x", 0, 20000);
}

Test(client_options, within_refuses_what_is_no_time) {
	static const char *const samples[] = {"-1", "-0.001", "0.0001", "86401", "nan", "inf",
		"25h", "x", "1e99999", "0x", "1,5"};

	for (size_t i = 0; i < COUNT(samples); i++) {
		char arguments[64];

		snprintf(arguments, sizeof(arguments), "--within=%s x", samples[i]);
		cr_expect_eq(parse(arguments), DLTEST_EXIT_USAGE, "%s", arguments);
		cr_expect_not_null(strstr(what_was_said(), "--within takes seconds"));
	}
}

Test(client_options, root_and_with_become_absolute_and_keep_their_order) {
	cr_assert_eq(parse("--root usr --with b.so --root /etc --with /a.so x"), GO_ON);
	EXPECT_LIST(&options.request.roots, "/usr", "/etc");
	EXPECT_LIST(&options.request.preload, "/b.so", "/a.so");
	cr_expect_str_eq(what_was_said(), "");
}

Test(client_options, root_that_is_no_directory_is_kept) {
	cr_assert_eq(parse("--root /nowhere x"), GO_ON);
	EXPECT_LIST(&options.request.roots, "/nowhere");
	cr_expect_str_eq(what_was_said(), "");
}

Test(client_options, with_is_taken_so_often_and_no_more) {
	static char arguments[65536];

	for (int i = 0; i < DLTEST_LIST_MAX; i++)
		strcat(arguments, "--with /x ");
	strcat(arguments, "x");
	cr_expect_eq(parse(arguments), GO_ON);
	cr_expect_eq(options.request.preload.count, DLTEST_LIST_MAX);
	strcat(arguments, " --with /x");
	cr_expect_eq(parse(arguments), DLTEST_EXIT_USAGE);
}

Test(client_options, wrong_options_end_with_a_usage_error_and_a_word_about_it) {
	static const struct {
		const char *arguments;
		const char *said;
	} samples[] = {
		{"", "Usage: "},
		{"--frob x", "--frob"},
		{"-0 x", "-0 goes with --files-from"},
		{"--jsonl --text x", "exclude one another"},
		{"--status --stop", "exclude one another"},
		{"--status x", "take no paths"},
		{"--stop --all", "take no paths"},
		{"--files-from a --files-from b", "given twice"},
		{"--root \xff x", "--root takes a path in UTF-8"},
		{"--with= x", "--with takes a path in UTF-8"},
	};

	for (size_t i = 0; i < COUNT(samples); i++) {
		cr_expect_eq(
			parse(samples[i].arguments), DLTEST_EXIT_USAGE, "%s", samples[i].arguments);
		const char *words = what_was_said();
		cr_expect_not_null(
			strstr(words, samples[i].said), "%s: %s", samples[i].arguments, words);
	}
}

Test(client_options, version_is_said_on_stderr) {
	cr_expect_eq(parse("--version"), DLTEST_EXIT_OK);
	cr_expect_eq(strncmp(what_was_said(), "tsuku-dltest v", 14), 0);
}

Test(client_options, library_path_is_read_to_verify_alone) {
	setenv("LD_LIBRARY_PATH", ":/a::b;/c:", 1);
	cr_assert_eq(parse("x"), GO_ON);
	EXPECT_LIST(&options.request.library_path, "/a", "/b", "/c");
	cr_assert_eq(parse("--status"), GO_ON);
	cr_expect_eq(options.request.library_path.count, 0);
	cr_expect_str_eq(what_was_said(), "");
}

Test(client_options, library_path_is_taken_without_what_cannot_be_asked_about) {
	static char variable[2 * DLTEST_PATH_MAX] = "/\xff:/a:/";

	memset(variable + strlen(variable), 'x', DLTEST_PATH_MAX);
	setenv("LD_LIBRARY_PATH", variable, 1);
	cr_assert_eq(parse("x"), GO_ON);
	EXPECT_LIST(&options.request.library_path, "/a");
	const char *first = strstr(what_was_said(), "cannot be asked about");
	cr_assert_not_null(first);
	cr_expect_not_null(strstr(first + 1, "cannot be asked about"));
}

Test(client_options, library_path_of_more_bytes_than_the_loader_can_be_told_is_cut) {
	enum {
		LENGTH = 4000
	};
	static char variable[40 * (LENGTH + 1)];

	for (int i = 0; i < 40; i++) {
		memset(variable + i * (LENGTH + 1), 'x', LENGTH);
		variable[i * (LENGTH + 1)] = '/';
		variable[(i + 1) * (LENGTH + 1) - 1] = ':';
	}
	variable[sizeof(variable) - 1] = '\0';
	setenv("LD_LIBRARY_PATH", variable, 1);
	cr_assert_eq(parse("x"), GO_ON);
	cr_expect_eq(
		options.request.library_path.count, DLTEST_LIBRARY_PATH_SIZE_MAX / (LENGTH + 1));
	cr_expect_not_null(strstr(what_was_said(), "cannot be asked about"));
}

Test(client_options, library_path_beyond_the_limit_is_ignored) {
	static char variable[4096] = "/x";

	for (int i = 0; i < DLTEST_LIST_MAX; i++)
		strcat(variable, ":/x");
	setenv("LD_LIBRARY_PATH", variable, 1);
	cr_assert_eq(parse("x"), GO_ON);
	cr_expect_eq(options.request.library_path.count, DLTEST_LIST_MAX);
	cr_expect_not_null(strstr(what_was_said(), "ignoring the rest"));
}

Test(client_options, hosts) {
	static const char *const both[] = {"/bin/sh", "/x/y"};

	cr_assert_eq(setenv("PATH", "relative::/nowhere:/bin", 1), 0);
	cr_expect_eq(parse("--host sh --host x/y --allow-missing-host /a.so"), GO_ON);
	expect_list(&options.request.hosts, both, COUNT(both));
	cr_expect(options.allow_missing_host);
	cr_expect_eq(parse("--host no-such-program /a.so"), DLTEST_EXIT_USAGE);
	cr_expect_not_null(strstr(what_was_said(), "no program 'no-such-program'"));
	cr_expect_eq(parse("--host /1 --host /2 --host /3 --host /4 --host /5 --host /6 --host /7 "
			   "--host /8 --host /9 /a.so"),
		DLTEST_EXIT_USAGE);
	cr_expect_not_null(strstr(what_was_said(), "more than 8 times"));
}
