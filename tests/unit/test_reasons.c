/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/reasons.h>

Test(reasons, every_reason_has_a_word_of_its_own) {
	for (int i = DLTEST_REASON_NONE + 1; i < DLTEST_REASON_COUNT_; i++) {
		const char *name = dltest_reason_name((enum dltest_reason)i);

		cr_assert_not_null(name);
		for (int j = DLTEST_REASON_NONE + 1; j < i; j++)
			cr_expect_str_neq(name, dltest_reason_name((enum dltest_reason)j));
		/* What Varlink allows in an enum: no blank, no dash (UAPI.20). */
		cr_expect_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
	}
}

Test(reasons, there_is_no_word_for_what_is_no_reason) {
	cr_expect_null(dltest_reason_name(DLTEST_REASON_NONE));
	cr_expect_null(dltest_reason_name(DLTEST_REASON_COUNT_));
	cr_expect_null(dltest_reason_name((enum dltest_reason)4711));
	cr_expect_null(dltest_reason_name((enum dltest_reason) - 1));
}

Test(reasons, only_no_reason_is_of_the_class_that_loads) {
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_NONE), DLTEST_REASON_CLASS_LOADS);
	for (int i = DLTEST_REASON_NONE + 1; i < DLTEST_REASON_COUNT_; i++)
		cr_expect_neq(
			dltest_reason_class((enum dltest_reason)i), DLTEST_REASON_CLASS_LOADS);
}

Test(reasons, what_is_no_reason_says_nothing_about_the_library) {
	static const int others[] = {DLTEST_REASON_COUNT_, 4711, -1};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_expect_eq(dltest_reason_class((enum dltest_reason)others[i]),
			DLTEST_REASON_CLASS_PASSING);
}

Test(reasons, each_class_has_a_reason) {
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_NOT_FOUND), DLTEST_REASON_CLASS_PATH);
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_TRUNCATED), DLTEST_REASON_CLASS_FORM);
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_LOAD_ERROR), DLTEST_REASON_CLASS_LINKER);
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_EXITED), DLTEST_REASON_CLASS_PROCESS);
	cr_expect_eq(dltest_reason_class(DLTEST_REASON_TIMED_OUT), DLTEST_REASON_CLASS_PASSING);
}

Test(reasons, words_that_callers_know_stay) {
	cr_expect_str_eq(dltest_reason_name(DLTEST_REASON_TIMED_OUT), "timed_out");
	cr_expect_str_eq(dltest_reason_name(DLTEST_REASON_NO_VERDICT), "no_verdict");
	cr_expect_str_eq(
		dltest_reason_name(DLTEST_REASON_MISSING_DEPENDENCY), "missing_dependency");
}

/* The words of the header and of the interface file, in the same order. */
Test(reasons, words_are_those_of_the_interface_file) {
	const char *source = getenv("DLTEST_SOURCE_DIR");
	char path[4096], line[256], word[64];
	int next = DLTEST_REASON_NONE + 1;
	int inside = 0;

	cr_assert_not_null(source);
	snprintf(path, sizeof(path), "%s/include/dltest/dev.tsuku.DlTest.varlink", source);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "type Reason (", 13) == 0) {
			inside = 1;
		} else if (inside && line[0] == ')') {
			break;
		} else if (inside && sscanf(line, " %63[a-z_]", word) == 1) {
			cr_assert_lt(next, DLTEST_REASON_COUNT_);
			cr_expect_str_eq(word, dltest_reason_name((enum dltest_reason)next));
			next++;
		}
	}
	fclose(file);
	cr_expect_eq(next, DLTEST_REASON_COUNT_);
}
