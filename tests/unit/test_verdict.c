/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "verdict.h"

static struct verdict verdict;

static void tear_down(void) {
	verdict_fini(&verdict);
}

TestSuite(verdict, .fini = tear_down);

Test(verdict, an_error_is_made_valid_utf8) {
	cr_assert_eq(verdict_make(DLTEST_REASON_NOT_FOUND, "no \xff", &verdict), 0);
	cr_expect_eq(verdict.reason, DLTEST_REASON_NOT_FOUND);
	cr_expect_str_eq(verdict.error, "no \xef\xbf\xbd");
	cr_expect_not(verdict.exited);
}

Test(verdict, a_remark_stands_in_brackets) {
	cr_assert_eq(verdict_make(DLTEST_REASON_CRASHED, "it crashed", &verdict), 0);
	cr_assert_eq(verdict_add_remark(&verdict, "%d times", 2), 0);
	cr_expect_str_eq(verdict.error, "it crashed (2 times)");
}

Test(verdict, stealing_leaves_the_empty_verdict) {
	cr_assert_eq(verdict_make(DLTEST_REASON_NOT_FOUND, "not there", &verdict), 0);
	struct verdict stolen = verdict_steal(&verdict);
	cr_expect_eq(stolen.reason, DLTEST_REASON_NOT_FOUND);
	cr_expect_str_eq(stolen.error, "not there");
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.error);
	verdict_fini(&stolen);
	cr_expect_null(stolen.error);
}

Test(verdict, the_worth_is_only_ever_lowered) {
	cr_expect_eq(verdict.worth, VERDICT_WORTH_ALWAYS);
	verdict_lower(&verdict, VERDICT_WORTH_IF_REPEATED);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_IF_REPEATED);
	verdict_lower(&verdict, VERDICT_WORTH_ALWAYS);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_IF_REPEATED);
	verdict_lower(&verdict, VERDICT_WORTH_NEVER);
	cr_expect_eq(verdict.worth, VERDICT_WORTH_NEVER);
}

static void add_symbol(const char *name) {
	cr_assert_eq(strv_add(&verdict.symbols, name), 0);
	cr_assert_eq(needs_add(&verdict.needs, name, NULL, "/x.so", NULL), 0);
}

Test(verdict, halving_leaves_the_first_name) {
	add_symbol("f");
	add_symbol("g");
	add_symbol("h");
	cr_expect_eq(verdict_halve(&verdict), 1);
	cr_expect_eq(verdict.symbols.count, 2);
	cr_expect_eq(verdict.needs.count, 1);
	cr_expect_eq(verdict_halve(&verdict), 1);
	cr_expect_eq(verdict_halve(&verdict), 0);
	cr_assert_eq(verdict.symbols.count, 1);
	cr_expect_str_eq(verdict.symbols.items[0], "f", "what it is about stays");
	cr_expect_eq(verdict.needs.count, 0);
	cr_expect_eq(verdict.needs.text_size, 0);
}

Test(verdict, signals_have_names) {
	char number[16];

	cr_expect_str_eq(verdict_signal_name(SIGSYS, number, sizeof(number)), "SIGSYS");
	cr_expect_str_eq(verdict_signal_name(63, number, sizeof(number)), "SIG63");
}
