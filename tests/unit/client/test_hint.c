/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cause.h"
#include "hint.h"
#include "jsontext.h"
#include "lookup.h"
#include "result.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char missing[] = "libmissing.so", host[] = "/usr/lib/libhost.so.1", folder[] = "/usr/lib/x/",
	    newest[] = "V_1";
static char *dependencies[] = {missing};
static char *hosts[] = {host};

/* What is said about 'result' of a library that is nowhere. */
static const char *hint_of(const struct result *result, bool details) {
	static char said[1024];
	cleanup_jsontext struct jsontext text = {0};
	const struct hint_about about = {
		.path = "/nowhere/libx.so", .details = details, .result = result};

	hint_put(&text, &about);
	jsontext_put(&text, "", 1);
	cr_assert_not(text.failed);
	snprintf(said, sizeof(said), "%s", text.bytes);
	return said;
}

static void expect_cause(const struct result *result, const char *wanted) {
	cleanup_jsontext struct jsontext text = {0};

	cause_put(&text, result);
	jsontext_put(&text, "", 1);
	cr_assert_not(text.failed);
	cr_expect_str_eq(text.bytes, wanted);
}

Test(hint, words_are_those_of_the_reason) {
	static const struct {
		enum dltest_reason reason;
		const char *start;
	} samples[] = {
		{DLTEST_REASON_NOT_FOUND, "check how it is spelled"},
		{DLTEST_REASON_PERMISSION_DENIED, "make the file readable"},
		{DLTEST_REASON_NOT_A_LIBRARY, "name the shared library itself"},
		{DLTEST_REASON_TRUNCATED, "the file is incomplete"},
		{DLTEST_REASON_WRONG_ARCHITECTURE, "install the build for this machine, "},
		{DLTEST_REASON_NO_STATIC_TLS, "it can only be loaded at program start"},
		{DLTEST_REASON_EXECUTABLE_STACK, "relink it with -z noexecstack"},
		{DLTEST_REASON_TIMED_OUT, "--timeout SECONDS"},
		{DLTEST_REASON_OUT_OF_MEMORY, "free some memory"},
		{DLTEST_REASON_CLOSE_FAILED, "it loads: no defect"},
		{DLTEST_REASON_NO_VERDICT, "not the library's fault: try again, or with"},
	};

	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct result result = {.reason = samples[i].reason};
		const char *said = hint_of(&result, false);

		cr_expect_eq(strncmp(said, samples[i].start, strlen(samples[i].start)), 0, "%s: %s",
			dltest_reason_name(result.reason), said);
	}
}

Test(hint, cause_of_each_reason_is_told) {
	for (int reason = 0; reason < DLTEST_REASON_COUNT_; reason++) {
		const struct result result = {.reason = (enum dltest_reason)reason};
		cleanup_jsontext struct jsontext text = {0};

		cause_put(&text, &result);
		cr_expect_gt(text.length, 0, "%s", dltest_reason_name((enum dltest_reason)reason));
	}
}

Test(hint, nothing_is_said_where_the_error_says_it_all) {
	const struct result fine = {.ok = true}, invalid = {.reason = DLTEST_REASON_INVALID_PATH};

	cr_expect_str_eq(hint_of(&fine, false), "");
	cr_expect_str_eq(hint_of(&invalid, false), "");
}

Test(hint, details_are_not_offered_to_who_has_them) {
	const struct result result = {.reason = DLTEST_REASON_CRASHED};

	cr_expect_str_eq(hint_of(&result, false), "--details shows what it printed and tried");
	cr_expect_str_eq(hint_of(&result, true), "");
}

Test(hint, missing_dependency_is_told_by_number_and_place) {
	static char path[] = "/nowhere/libdep.so";
	static char *paths[] = {path};
	struct result result = {.reason = DLTEST_REASON_MISSING_DEPENDENCY};

	result.missing = (struct result_list){dependencies, 1};
	cr_expect_eq(strncmp(hint_of(&result, false), "put the directory that has it", 29), 0);
	result.missing = (struct result_list){paths, 1};
	cr_expect_eq(strncmp(hint_of(&result, false), "it is looked for at this path", 29), 0);
	expect_cause(&result, "missing libdep.so");
}

Test(hint, missing_version_names_the_library_and_what_it_has) {
	struct result_need need = {.name = missing, .provider = host, .newest = newest};
	const struct result result = {
		.reason = DLTEST_REASON_MISSING_VERSION, .needs = &need, .needs_count = 1};

	cr_expect_str_eq(
		hint_of(&result, false), "install a newer libhost.so.1; this one has V_1 at most");
	expect_cause(&result, "without version libmissing.so of libhost.so.1");
	/* Not a sentence with a hole in it. */
	need.provider = folder;
	cr_expect_str_eq(
		hint_of(&result, false), "install a newer /usr/lib/x/; this one has V_1 at most");
}

Test(hint, undefined_symbol_names_the_library_that_has_it) {
	const struct result result = {
		.reason = DLTEST_REASON_UNDEFINED_SYMBOL, .loads_with = {hosts, 1}};

	cr_expect_str_eq(hint_of(&result, false),
		"needs libhost.so.1 and does not say so: relink it with -lhost; --with "
		"/usr/lib/libhost.so.1 loads it");
	expect_cause(&result, "not linked with libhost.so.1");
}

Test(hint, last_part_of_a_path_is_not_empty_where_the_path_ends_with_a_slash) {
	static const struct {
		const char *path;
		const char *name;
	} samples[] = {
		{"/usr/lib/a.so", "a.so"},
		{"a.so", "a.so"},
		{"/usr/lib/", "/usr/lib/"},
		{"/", "/"},
		{"", ""},
	};

	for (size_t i = 0; i < COUNT(samples); i++)
		cr_expect_str_eq(lookup_name(samples[i].path), samples[i].name);
}
