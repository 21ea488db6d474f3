/* SPDX-License-Identifier: MIT */
#include "softneeds.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "question.h"
#include "request.h"
#include "verdict.h"

static struct facts facts;
static struct softneeds softneeds;
static struct verdict library, trial;

static void tear_down(void) {
	facts_fini(&facts);
	softneeds_fini(&softneeds);
	verdict_fini(&library);
	verdict_fini(&trial);
}

TestSuite(softneeds, .fini = tear_down);

static void parse(const char *text) {
	cr_assert_eq(facts_put(&facts, DLTEST_FACT_SOFT_NEEDS, text), 0);
	softneeds_fini(&softneeds);
	cr_assert_eq(softneeds_parse(&facts, &softneeds), 0);
}

Test(softneeds, other_facts_are_no_soft_needs) {
	cr_assert_eq(facts_put(&facts, DLTEST_FACT_OBJECT, "required\tx\tliba.so"), 0);
	cr_assert_eq(softneeds_parse(&facts, &softneeds), 0);
	cr_expect_eq(softneeds.count, 0);
}

Test(softneeds, soft_needs_are_read_in_their_order) {
	parse("suggested\tsound\tliba.so\tlibb.so");
	parse("required\t\tlibc.so");
	parse("whatever\tx\tlibd.so");
	cr_assert_eq(softneeds.count, 3);
	cr_expect_eq(softneeds.items[0].priority, SOFTNEEDS_SUGGESTED);
	cr_expect_str_eq(softneeds.items[0].feature, "sound");
	cr_assert_eq(softneeds.items[0].names.count, 2);
	cr_expect_str_eq(softneeds.items[0].names.items[1], "libb.so");
	cr_expect_eq(softneeds.items[1].priority, SOFTNEEDS_REQUIRED);
	cr_expect_null(softneeds.items[1].feature);
	cr_expect_eq(softneeds.items[2].priority, SOFTNEEDS_RECOMMENDED);
}

Test(softneeds, nonsense_is_left_out) {
	static const char *const nonsense[] = {"", "\t", "\t\t", "required", "required\tx",
		"required\tx\t", "required\tx\t/lib/x.so", "required\tx\ta\nb",
		"required\tx\t../x.so"};

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		parse(nonsense[i]);
	cr_expect_eq(softneeds.count, 0);
	parse("required\tf\x01\t\t/x\tlibok.so\t");
	cr_assert_eq(softneeds.count, 1);
	cr_expect_null(softneeds.items[0].feature);
	cr_expect_eq(softneeds.items[0].names.count, 1);
}

Test(softneeds, count_and_length_are_bounded) {
	char text[8000] = "required\tx";

	for (int i = 0; i < 100; i++)
		strcat(text, "\tlib.so");
	for (int i = 0; i < 100; i++)
		cr_assert_eq(facts_put(&facts, DLTEST_FACT_SOFT_NEEDS, text), 0);
	cr_assert_eq(softneeds_parse(&facts, &softneeds), 0);
	cr_expect_eq(softneeds.count, SOFTNEEDS_MAX);
	cr_expect_eq(softneeds.items[0].names.count, SOFTNEEDS_NAMES_MAX);
	softneeds_fini(&softneeds);
	facts_fini(&facts);
	memset(text, 'x', 600);
	memcpy(text, "required\t", 9);
	text[400] = '\t';
	text[600] = '\0';
	parse(text);
	cr_assert_eq(softneeds.count, 1);
	cr_expect_eq(strlen(softneeds.items[0].feature), 200);
}

Test(softneeds, hostile_bytes_are_read_within_bounds) {
	srand(1);
	for (int round = 0; round < 3000; round++) {
		static const char alphabet[] = "\t\t\trequsd/.\xff\xc3\n";
		char text[64];
		size_t length = (size_t)rand() % (sizeof(text) - 1);

		for (size_t i = 0; i < length; i++)
			text[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		text[length] = '\0';
		parse(text);
		for (size_t i = 0; i < softneeds.count; i++)
			cr_assert_gt(softneeds.items[i].names.count, 0);
		facts_fini(&facts);
	}
}

/* A trial in the process of which the library loaded and this came then. */
static void try(enum dltest_reason reason, const char *missing, const char *phase) {
	verdict_fini(&trial);
	trial.reason = reason;
	trial.phase = phase;
	if (reason != DLTEST_REASON_NONE)
		trial.error = strdup("it was so");
	if (missing)
		cr_assert_eq(strv_add(&trial.missing, missing), 0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_OBJECT, "/x.so"), 0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_OBJECT, "/new.so"), 0);
}

static int apply_for(const struct request *request) {
	const struct question question = {"/x.so", request};

	verdict_fini(&library);
	cr_assert_eq(facts_put(&library.facts, DLTEST_FACT_OBJECT, "/x.so"), 0);
	return softneeds_apply(&softneeds.items[0], &trial, &question, &library);
}

static int apply(void) {
	return apply_for(&(struct request){0});
}

static int apply_with_details(void) {
	return apply_for(&(struct request){.details = true});
}

static void expect_warning(const char *text) {
	cr_expect_eq(apply_with_details(), 0);
	cr_expect_eq(library.reason, DLTEST_REASON_NONE);
	cr_assert_eq(library.warnings.count, text != NULL);
	if (text)
		cr_expect_str_eq(library.warnings.items[0], text);
}

Test(softneeds, a_warning_says_what_is_wrong) {
	parse("recommended\tsound\tliba.so\tlibb.so");
	try(DLTEST_REASON_NONE, NULL, NULL);
	expect_warning(NULL);

	try(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so", NULL);
	expect_warning("wants liba.so or libb.so for sound (recommended), which is not there");

	try(DLTEST_REASON_MISSING_DEPENDENCY, "libz.so", NULL);
	expect_warning("wants liba.so or libb.so for sound (recommended), which does not load: "
		       "it was so");

	try(DLTEST_REASON_CRASHED, NULL, "close");
	expect_warning("wants liba.so or libb.so for sound (recommended), which crashes");
}

/* Objects are told by a library that has loaded: without one, nothing was tried. */
Test(softneeds, a_library_that_does_not_load_this_time_says_nothing) {
	parse("recommended\tsound\tliba.so\tlibb.so");
	try(DLTEST_REASON_MISSING_DEPENDENCY, "liba.so", NULL);
	facts_fini(&trial.facts);
	expect_warning(
		"wants liba.so or libb.so for sound (recommended), which could not be tried");
	cr_expect(facts_has(&library.basis, DLTEST_FACT_INCOMPLETE));
}

/* A name is told repaired, and is looked for as it is. */
Test(softneeds, a_name_that_is_no_utf8_is_absent_all_the_same) {
	parse("required\t\tlib\xff.so");
	try(DLTEST_REASON_MISSING_DEPENDENCY, "lib\xef\xbf\xbd.so", NULL);
	cr_expect_eq(apply(), 1);
	cr_expect_str_eq(library.error, "opens lib\xef\xbf\xbd.so (required), which is not there");
}

Test(softneeds, a_library_fails_without_a_required_soft_need) {
	parse("required\tsound\tliba.so\tlibb.so");
	try(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so", NULL);
	cr_assert_eq(apply_with_details(), 1);
	cr_expect_eq(library.reason, DLTEST_REASON_MISSING_DEPENDENCY);
	cr_expect_str_eq(
		library.error, "opens liba.so or libb.so for sound (required), which is not there");
	cr_assert_eq(library.missing.count, 2);
	cr_expect_str_eq(library.missing.items[0], "liba.so");
	cr_assert_eq(library.needs.count, 2);
	cr_expect_str_eq(library.needs.items[1].name, "libb.so");
	cr_expect_str_eq(library.needs.items[1].needed_by, "/x.so");
	cr_expect_eq(library.warnings.count, 0);
	/* What it rests on besides: what is new, and the names. */
	const char *object = facts_next(&library.basis, DLTEST_FACT_OBJECT, NULL);
	cr_expect_str_eq(object, "/new.so");
	cr_expect_null(facts_next(&library.basis, DLTEST_FACT_OBJECT, object));
	cr_expect_str_eq(facts_next(&library.basis, DLTEST_FACT_NAME, NULL), "liba.so");
	cr_expect_not(facts_has(&library.basis, DLTEST_FACT_INCOMPLETE));
}

Test(softneeds, a_library_fails_if_a_required_soft_need_is_broken) {
	parse("required\tsound\tliba.so");
	try(DLTEST_REASON_MISSING_DEPENDENCY, "libz.so", NULL);
	cr_assert_eq(apply(), 1);
	cr_assert_eq(library.missing.count, 2);
	cr_expect_str_eq(library.missing.items[0], "liba.so");
	cr_expect_str_eq(library.missing.items[1], "libz.so");
	cr_expect(facts_has(&library.basis, DLTEST_FACT_INCOMPLETE));
	try(DLTEST_REASON_CRASHED, NULL, "close");
	cr_expect_eq(apply(), 1);
	try(DLTEST_REASON_EXITED, NULL, "close");
	cr_expect_eq(apply(), 1);
	cr_expect_str_eq(
		library.error, "opens liba.so for sound (required), which ends the process");
}

Test(softneeds, a_library_does_not_fail_if_a_trial_is_not_certain) {
	parse("required\tsound\tliba.so");
	for (int i = 0; i < 4; i++) {
		static const enum dltest_reason reasons[] = {DLTEST_REASON_TIMED_OUT,
			DLTEST_REASON_OUT_OF_MEMORY, DLTEST_REASON_CRASHED,
			DLTEST_REASON_NO_VERDICT};

		try(reasons[i], NULL, "close");
		trial.signal = reasons[i] == DLTEST_REASON_CRASHED ? SIGKILL : 0;
		cr_expect_eq(apply_with_details(), 0);
		cr_expect_eq(library.reason, DLTEST_REASON_NONE);
		cr_expect_eq(library.warnings.count, 1);
		cr_expect(facts_has(&library.basis, DLTEST_FACT_INCOMPLETE));
		cr_expect_eq(apply(), 0);
		cr_expect_eq(library.warnings.count, 0);
	}
}

Test(softneeds, a_library_never_fails_for_a_soft_need_that_is_not_required) {
	parse("recommended\tsound\tliba.so");
	try(DLTEST_REASON_MISSING_DEPENDENCY, "liba.so", NULL);
	cr_expect_eq(apply_with_details(), 0);
	cr_expect_eq(library.reason, DLTEST_REASON_NONE);
	cr_expect_eq(library.missing.count, 0);
	cr_assert_eq(library.warnings.count, 1);
	try(DLTEST_REASON_NONE, NULL, NULL);
	cr_expect_eq(apply_with_details(), 0);
	cr_expect_eq(library.warnings.count, 0);
	cr_expect(facts_has(&library.basis, DLTEST_FACT_OBJECT));
	cr_expect_not(facts_has(&library.basis, DLTEST_FACT_NAME));
}
