/* SPDX-License-Identifier: MIT */
#include "lastreport.h"

#include <criterion/criterion.h>

#include "culprit.h"
#include "judging.h"

TestSuite(lastreport, .fini = judging_tear_down);

/* --- Whose code it was, and what it was refused -------------------------------------------- */

static void put_culprit(const char *texts, size_t size) {
	put(LOADER_STAGE_CULPRIT, DLTEST_REASON_NONE, NULL, texts, size);
	/* As a text, which has NULs. */
	struct loader_report *head = (void *)(reports + reports_size - size - sizeof(*head));
	head->text_size = head->facts_size;
	head->facts_size = 0;
}

Test(lastreport, whose_code_it_was_is_the_processs_word) {
	static const char texts[] = "/l/libb.so.1\0+0x1c4\0a constructor\0"
				    "0f0b";

	put_culprit(texts, sizeof(texts));
	judge(SIGILL);
	cr_assert_not_null(verdict.culprit);
	cr_expect_str_eq(verdict.culprit->object, "/l/libb.so.1");
	cr_expect_str_eq(verdict.culprit->place, "+0x1c4, a constructor");
	cr_expect_str_eq(verdict.culprit->code, "0f0b");
	cr_expect_str_eq(verdict.error, "crashed with SIGILL while it was being loaded",
		"what to make of it is for the end");
}

Test(lastreport, nonsense_about_whose_code_it_was_is_no_news) {
	static const char *const texts[] = {"", "/l/x.so", "/l/x.so\0+0x1", "\0+0x1\0\0"};
	static const size_t sizes[] = {0, 7, 13, 7};

	for (size_t i = 0; i < 4; i++) {
		begin_child();
		put_culprit(texts[i], sizes[i]);
		judge(SIGSEGV);
		cr_expect_null(verdict.culprit);
		cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
	}
}

Test(lastreport, whose_code_it_was_is_one_line_of_utf8) {
	static char texts[9000];

	memset(texts, 'x', 8000);
	memcpy(texts, "/l/new\nline\x1b\xff", 13);
	memcpy(texts + 8001, "+0x1\0role\0", 11);
	put_culprit(texts, 8013);
	judge(SIGSEGV);
	cr_assert_not_null(verdict.culprit);
	cr_expect_null(strpbrk(verdict.culprit->object, "\n\x1b"));
	cr_expect_leq(strlen(verdict.culprit->object), 400);
}

Test(lastreport, a_library_that_loads_is_nobodys_fault) {
	put_culprit("/l/x.so\0+0x1\0\0", 15);
	put(LOADER_STAGE_REFUSED, DLTEST_REASON_NONE, "open for reading: /x", NULL, 0);
	put(LOADER_STAGE_OPENED, DLTEST_REASON_NONE, NULL, NULL, 0);
	put(LOADER_STAGE_CLOSED, DLTEST_REASON_NONE, NULL, NULL, 0);
	judge(EXITED(LOADER_EXIT_REPORTED));
	cr_expect_eq(verdict.reason, DLTEST_REASON_NONE);
	cr_expect_null(verdict.culprit);
	cr_expect_eq(verdict.refused.count, 0);
}

/* Five of the child's, of which the last four count, around one of the daemon's. */
Test(lastreport, what_was_refused_is_in_the_order_of_its_times) {
	for (int later = 0; later < 2; later++) {
		struct strv refused = {0};
		struct judgement_evidence evidence = {.reports = reports,
			.wait_status = SIGABRT,
			.refused = &refused,
			.refused_us = later ? 9000 : 1000};

		begin_child();
		cr_assert_eq(strv_add(&refused, "socket AF_INET"), 0);
		for (char letter = 'a'; letter <= 'e'; letter++) {
			const char text[] = {letter, '\0'};
			put(LOADER_STAGE_REFUSED, DLTEST_REASON_NONE, text, NULL, 0);
		}
		evidence.reports_size = reports_size;
		cr_assert_eq(judgement_make(&evidence, &verdict), 0);
		cr_assert_eq(verdict.refused.count, 4);
		cr_expect_str_eq(verdict.refused.items[3], later ? "socket AF_INET" : "e");
		cr_expect_str_eq(verdict.refused.items[2], later ? "e" : "d");
		cr_expect_eq(verdict.denied.count, 5, "what the daemon knows is its own list");
		strv_fini(&refused);
	}
}

Test(lastreport, what_ends_of_the_question_where_it_is_has_timed_out) {
	judge_after(JUDGEMENT_CAUSE_DEADLINE, LOADER_SIGNAL_HANG);
	cr_expect_eq(verdict.reason, DLTEST_REASON_TIMED_OUT);
	begin_child();
	judge_after(JUDGEMENT_CAUSE_ITSELF, LOADER_SIGNAL_HANG);
	cr_expect_eq(verdict.reason, DLTEST_REASON_CRASHED);
}
