/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "options.h"

#define DEFAULT_MS (5 * 60 * 1000)

/* With the variable set so, if at all. Once a test, since getopt_long() keeps its place. */
static struct options parse(const char *variable, char *option, char *value, int expected) {
	char name[] = "tsuku-dltestd";
	char *argv[] = {name, option, value, NULL};
	struct options options;

	if (variable)
		cr_assert_eq(setenv("TSUKU_DLTEST_IDLE_TIMEOUT", variable, 1), 0);
	cr_assert_eq(options_parse(&options, option ? value ? 3 : 2 : 1, argv), expected);
	return options;
}

Test(options, have_defaults) {
	struct options options = parse(NULL, NULL, NULL, -1);

	cr_expect_eq(options.idle_ms, DEFAULT_MS);
	cr_expect_null(options.ignored_idle);
}

Test(options, take_the_variable) {
	struct options options = parse("90s", NULL, NULL, -1);

	cr_expect_eq(options.idle_ms, 90000);
	cr_expect_null(options.ignored_idle);
}

Test(options, the_option_comes_before_the_variable) {
	char option[] = "--idle-timeout", value[] = "0";
	struct options options = parse("90s", option, value, -1);

	cr_expect_eq(options.idle_ms, 0);
}

Test(options, a_bad_variable_is_ignored) {
	static const char *const values[] = {"bogus", "-1s", "300x", "99999999999999h"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct options options = parse(values[i], NULL, NULL, -1);

		cr_expect_eq(options.idle_ms, DEFAULT_MS);
		cr_expect_str_eq(options.ignored_idle, values[i]);
	}
}

Test(options, an_empty_variable_is_none) {
	struct options options = parse("", NULL, NULL, -1);

	cr_expect_eq(options.idle_ms, DEFAULT_MS);
	cr_expect_null(options.ignored_idle);
}

Test(options, a_bad_variable_is_not_judged_beside_the_option) {
	char option[] = "--idle-timeout", value[] = "5s";
	struct options options = parse("bogus", option, value, -1);

	cr_expect_eq(options.idle_ms, 5000);
	cr_expect_null(options.ignored_idle);
}

Test(options, a_bad_variable_keeps_nobody_from_help) {
	char option[] = "--help";

	parse("bogus", option, NULL, 0);
}

Test(options, a_bad_option_is_a_usage_error) {
	char option[] = "--idle-timeout", value[] = "300x";

	parse(NULL, option, value, 2);
}
