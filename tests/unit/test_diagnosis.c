/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "tracetext.h"
#include "verdict.h"

static struct verdict verdict;
static struct tracetext text;

static void tear_down(void) {
	verdict_fini(&verdict);
	tracetext_fini(&text);
}

TestSuite(diagnosis, .fini = tear_down);

static void make(enum dltest_reason reason, const char *error) {
	cr_assert_eq(verdict_make(reason, error, &verdict), 0);
}

static void trace(const char *lines) {
	tracetext_add(&text, lines, strlen(lines));
	tracetext_end(&text);
	cr_assert_eq(diagnosis_add_trace(&verdict, &text), 0);
}

Test(diagnosis, names_missing_libraries_and_who_needs_them) {
	make(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so: cannot open");
	cr_assert_eq(strv_add(&verdict.missing, "libb.so"), 0);
	trace("     1:\tfile=liba.so [0];  needed by /x.so [0]\n"
	      "     1:\tfile=libb.so [0];  needed by /y.so [0]\n"
	      "     1:\tfile=libb.so [0];  needed by /x.so [0]\n"
	      "\tliba.so => not found\n\tlibb.so => not found\n\tlibb.so => not found\n"
	      "undefined symbol: f\t(/x.so)\n");
	cr_assert_eq(verdict.missing.count, 2);
	cr_expect_str_eq(verdict.missing.items[0], "libb.so", "the first cause goes first");
	cr_expect_str_eq(verdict.missing.items[1], "liba.so");
	cr_expect_eq(verdict.symbols.count, 1);
	cr_expect_eq(verdict.needs.count, 4);
	cr_expect_str_eq(
		verdict.error, "libb.so: cannot open (needed by /y.so; 1 more library is missing)");
}

/* As glibc traces a library that is a filter of another (DT_FILTER), which is not there. */
Test(diagnosis, names_who_is_a_filter_of_a_missing_library) {
	make(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so: cannot open");
	cr_assert_eq(strv_add(&verdict.missing, "libb.so"), 0);
	trace("     1:\tfile=libc.so.6 [0];  needed by /x.so [0]\n"
	      "     1:\tload auxiliary object=libb.so requested by file=/x.so\n"
	      "     1:\tfile=libb.so [0];  needed by /x.so [0]\n"
	      "\tlibc.so.6 => /libc.so.6 (0x1000)\n");
	cr_expect_eq(verdict.missing.count, 1);
	cr_assert_eq(verdict.needs.count, 1);
	cr_expect_str_eq(verdict.needs.items[0].name, "libb.so");
	cr_expect_str_eq(verdict.needs.items[0].needed_by, "/x.so");
	cr_expect_str_eq(verdict.error, "libb.so: cannot open (needed by /x.so)");
}

Test(diagnosis, names_missing_symbols_and_versions) {
	make(DLTEST_REASON_UNDEFINED_SYMBOL, "/x.so: undefined symbol: f");
	cr_assert_eq(strv_add(&verdict.symbols, "f"), 0);
	trace("/x.so: /c.so: version `V_2' not found (required by /x.so)\n"
	      "/x.so: /c.so: version `V_2' not found (required by /y.so)\n"
	      "undefined symbol: f\t(/x.so)\n"
	      "undefined symbol: f\t(/y.so)\n"
	      "undefined symbol: g, version V_2\t(/y.so)\n");
	cr_assert_eq(verdict.symbols.count, 3);
	cr_expect_str_eq(verdict.symbols.items[0], "f");
	cr_expect_str_eq(verdict.symbols.items[1], "V_2 in /c.so");
	cr_expect_str_eq(verdict.symbols.items[2], "g, version V_2");
	cr_expect_eq(verdict.needs.count, 5);
	cr_expect_str_eq(verdict.error, "/x.so: undefined symbol: f (2 more symbols are missing)");
}

Test(diagnosis, a_trace_without_news_changes_no_words) {
	make(DLTEST_REASON_UNDEFINED_SYMBOL, "/x.so: undefined symbol: f");
	cr_assert_eq(strv_add(&verdict.symbols, "f"), 0);
	trace("\tlibc.so.6 => /libc.so.6 (0x1)\n");
	cr_expect_eq(verdict.symbols.count, 1, "what the linker said stays");
	cr_expect_str_eq(verdict.error, "/x.so: undefined symbol: f");
	cr_expect(facts_has(&verdict.basis, DLTEST_FACT_OBJECT));
}

Test(diagnosis, a_crash_keeps_its_words) {
	make(DLTEST_REASON_CRASHED, "crashed");
	trace("undefined symbol: f\t(/x.so)\nundefined symbol: g\t(/x.so)\n");
	cr_expect_eq(verdict.symbols.count, 2);
	cr_expect_str_eq(verdict.error, "crashed");
}

Test(diagnosis, a_trace_that_stopped_half_way_is_no_basis) {
	make(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so: cannot open");
	text.failed = true;
	trace("\tlibc.so.6 => /libc.so.6 (0x1)\n\tlibb.so => not found\n");
	cr_expect_null(verdict.basis.bytes);
	cr_expect_eq(verdict.missing.count, 1);
}

Test(diagnosis, counts_more_than_can_be_told) {
	char line[64];

	make(DLTEST_REASON_UNDEFINED_SYMBOL, "/x.so: undefined symbol: s0");
	for (int i = 0; i < TRACETEXT_NEEDS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "undefined symbol: s%d\t(/x)\n", i);
		tracetext_add(&text, line, strlen(line));
	}
	trace("");
	cr_expect_eq(verdict.symbols.count, TRACETEXT_NEEDS_MAX);
	cr_expect_str_eq(verdict.error,
		"/x.so: undefined symbol: s0 (at least 16383 more symbols are missing)");
	cr_expect_null(verdict.basis.bytes);
}

Test(diagnosis, an_error_stays_one_line) {
	make(DLTEST_REASON_MISSING_DEPENDENCY, "libb.so: cannot open");
	trace("     1:\tfile=libb.so [0];  needed by /x\r/y.so [0]\n\tlibb.so => not found\n");
	cr_expect_str_eq(verdict.error, "libb.so: cannot open (needed by /x?/y.so)");
}

/* The dynamic linker's word and the trace's are of the same name. */
Test(diagnosis, finds_names_with_control_characters_again) {
	make(DLTEST_REASON_MISSING_DEPENDENCY, "lib\x01.so: cannot open");
	cr_assert_eq(strv_add(&verdict.missing, "lib\x01.so"), 0);
	trace("     1:\tfile=lib\x01.so [0];  needed by /x.so [0]\n\tlib\x01.so => not found\n");
	cr_assert_eq(verdict.missing.count, 1);
	cr_expect_str_eq(verdict.missing.items[0], "lib?.so");
	cr_expect_str_eq(verdict.error, "lib?.so: cannot open (needed by /x.so)");
}

Test(diagnosis, explains_the_linkers_words) {
	make(DLTEST_REASON_NO_STATIC_TLS, "/x.so: cannot allocate memory in static TLS block");
	cr_assert_eq(diagnosis_explain(&verdict), 0);
	cr_expect_not_null(strstr(verdict.error, "when a program starts"));
	verdict_fini(&verdict);
	make(DLTEST_REASON_LOAD_ERROR, "/x.so: something else");
	cr_assert_eq(diagnosis_explain(&verdict), 0);
	cr_expect_str_eq(verdict.error, "/x.so: something else");
	verdict_fini(&verdict);
	cr_expect_eq(diagnosis_explain(&verdict), 0);
}

static void put_versions(struct facts *facts, const char *const *versions) {
	for (; *versions; versions++)
		cr_assert_eq(facts_put(facts, DLTEST_FACT_VERSION, *versions), 0);
}

Test(diagnosis, keeps_the_newest_available_versions) {
	static const char *const has[] = {"GLIBC_2.9", "GLIBC_2.36", "GLIBC_2.10", "GLIBC_PRIVATE",
		"GLIBC_2.9", "OTHER_3", "GLIBC_2.2.5", "GLIBC_2.3", "GLIBC_2.4", "GLIBC_2.5",
		"GLIBC_2.6", "GLIBC_2.7", "GLIBC_2.8", "GLIBC_\xff", NULL};
	static const char *const newest[] = {"GLIBC_2.4", "GLIBC_2.5", "GLIBC_2.6", "GLIBC_2.7",
		"GLIBC_2.8", "GLIBC_2.9", "GLIBC_2.10", "GLIBC_2.36"};
	struct facts facts = {0};

	make(DLTEST_REASON_MISSING_VERSION, "x");
	trace("/x.so: /c.so: version `GLIBC_2.99' not found (required by /x.so)\n"
	      "/x.so: /d.so: version `GLIBC_2.99' not found (required by /x.so)\n");
	put_versions(&facts, has);
	diagnosis_add_versions(&verdict, "/c.so", &facts);
	const struct strv *available = &verdict.needs.items[0].available;
	cr_assert_eq(available->count, 8);
	for (size_t i = 0; i < available->count; i++)
		cr_expect_str_eq(available->items[i], newest[i]);
	cr_expect_eq(verdict.needs.items[1].available.count, 0, "of another library");
	facts_fini(&facts);
}
