/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tracetext.h"

static struct tracetext text;

static void tear_down(void) {
	tracetext_fini(&text);
}

TestSuite(tracetext, .fini = tear_down);

static void add(const char *lines) {
	tracetext_add(&text, lines, strlen(lines));
}

static void expect(
	const struct need *need, const char *name, const char *version, const char *needed_by) {
	cr_expect_str_eq(need->name, name);
	cr_expect((version == NULL) == (need->version == NULL));
	cr_expect((needed_by == NULL) == (need->needed_by == NULL));
	if (version && need->version)
		cr_expect_str_eq(need->version, version);
	if (needed_by && need->needed_by)
		cr_expect_str_eq(need->needed_by, needed_by);
}

Test(tracetext, finds_all_that_is_missing_and_who_wants_it) {
	add("     99:\tfile=libx.so [0];  needed by /a/libb.so [0]\n"
	    "     99:\tfind library=libx.so [0]; searching\n"
	    "     99:\t search path=/n/glibc-hwcaps/x86-64-v2:/n/tls:/n:/b\t\t(LD_LIBRARY_PATH)\n"
	    "     99:\t  trying file=/n/libx.so\n"
	    "     99:\tfile=libx.so [0];  needed by /a/liba.so [0]\n"
	    "     99:\t search path=/b:/lib\t\t(system search path)\n"
	    "\tlinux-vdso.so.1 (0x00007fe455d0c000)\n"
	    "\tliba.so => /a/liba.so (0x00007fe455cfa000)\n"
	    "\tlibx.so => not found\n"
	    "\t/lib64/ld-linux-x86-64.so.2 (0x00007fe455d0e000)\n"
	    "\tlibx.so => not found\n"
	    "undefined symbol: f\t(/a/liba.so)\n"
	    "undefined symbol: _Zv, version V_1\t(/a/libb.so)\n"
	    "/a/libb.so: /c/libc.so.6: version `V_9' not found (required by /a/libb.so)");
	tracetext_end(&text);
	cr_expect_eq(text.error, 0);
	cr_expect_not(text.failed);
	cr_assert_eq(text.libraries.count, 2);
	expect(&text.libraries.items[0], "libx.so", NULL, "/a/libb.so");
	expect(&text.libraries.items[1], "libx.so", NULL, "/a/liba.so");
	cr_assert_eq(text.symbols.count, 2);
	expect(&text.symbols.items[0], "f", NULL, "/a/liba.so");
	expect(&text.symbols.items[1], "_Zv", "V_1", "/a/libb.so");
	cr_assert_eq(text.versions.count, 1);
	expect(&text.versions.items[0], "V_9", NULL, "/a/libb.so");
	cr_expect_str_eq(text.versions.items[0].provider, "/c/libc.so.6");

	const char *fact = facts_next(&text.facts, DLTEST_FACT_OBJECT, NULL);
	cr_expect_str_eq(fact, "/a/liba.so");
	fact = facts_next(&text.facts, DLTEST_FACT_OBJECT, fact);
	cr_expect_str_eq(fact, "/lib64/ld-linux-x86-64.so.2");
	cr_expect_null(facts_next(&text.facts, DLTEST_FACT_OBJECT, fact));
	fact = facts_next(&text.facts, DLTEST_FACT_DIRECTORY, NULL);
	cr_expect_str_eq(fact, "/n", "not the directories for special hardware");
	fact = facts_next(&text.facts, DLTEST_FACT_DIRECTORY, fact);
	cr_expect_str_eq(fact, "/b");
	fact = facts_next(&text.facts, DLTEST_FACT_DIRECTORY, fact);
	cr_expect_str_eq(fact, "/lib");
	cr_expect_null(facts_next(&text.facts, DLTEST_FACT_DIRECTORY, fact));
}

Test(tracetext, reads_what_musl_says) {
	add("\t/lib/ld-musl-x86_64.so.1 (0x7f)\n"
	    "Error loading shared library libx.so: No such file or directory (needed by ./b.so)\n"
	    "Error relocating ./b.so: f: symbol not found\n");
	tracetext_end(&text);
	cr_assert_eq(text.libraries.count, 1);
	expect(&text.libraries.items[0], "libx.so", NULL, "./b.so");
	cr_assert_eq(text.symbols.count, 1);
	expect(&text.symbols.items[0], "f", NULL, "./b.so");
}

Test(tracetext, reads_a_trace_in_any_pieces) {
	const char line[] = "undefined symbol: f\t(/a/liba.so)\nundefined symbol: g\t(/a)\n";

	for (size_t i = 0; i < sizeof(line) - 1; i++)
		tracetext_add(&text, line + i, 1);
	tracetext_end(&text);
	cr_assert_eq(text.symbols.count, 2);
	expect(&text.symbols.items[1], "g", NULL, "/a");
}

Test(tracetext, names_that_pose_as_text_stay_names) {
	add("\tlib => not found => /x (0x1) => not found\n"
	    "undefined symbol: a\t(b), version c\t(/d)\n"
	    "undefined symbol: \n"
	    "\t => not found\n"
	    "x: error while loading shared libraries: y\n");
	tracetext_end(&text);
	cr_assert_eq(text.libraries.count, 2);
	expect(&text.libraries.items[0], "lib => not found => /x (0x1)", NULL, NULL);
	expect(&text.symbols.items[0], "a\t(b)", "c", "/d");
	cr_expect(text.failed);
}

Test(tracetext, bounds_how_many_needs_are_kept) {
	char line[64];

	for (int i = 0; i < TRACETEXT_NEEDS_MAX + 1; i++) {
		snprintf(line, sizeof(line), "undefined symbol: s%d\t(/x)\n", i);
		add(line);
	}
	tracetext_end(&text);
	cr_expect_eq(text.symbols.count, TRACETEXT_NEEDS_MAX);
	cr_expect_lt(text.error, 0);
}

/* Each would be six bytes of a reply. */
Test(tracetext, replaces_control_characters) {
	add("\tlib\x01\x1b.so => not found\n"
	    "undefined symbol: f\r\x7f\t(/x)\n");
	tracetext_end(&text);
	cr_assert_eq(text.libraries.count, 1);
	expect(&text.libraries.items[0], "lib?\?.so", NULL, NULL);
	cr_assert_eq(text.symbols.count, 1);
	expect(&text.symbols.items[0], "f?\?", NULL, "/x");
	cr_expect(facts_has(&text.facts, DLTEST_FACT_INCOMPLETE), "nobody can look for those");
}

/* They all go into one result. */
Test(tracetext, bounds_what_all_kinds_take_together) {
	static char line[2048];

	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "\t%d%01000d => not found\n", i, 0);
		add(line);
		snprintf(line, sizeof(line), "undefined symbol: %d%01000d\n", i, 0);
		add(line);
		snprintf(line, sizeof(line),
			"x: /p: version `%d%01000d' not found (required by /o)\n", i, 0);
		add(line);
	}
	tracetext_end(&text);
	cr_expect_eq(text.error, -E2BIG);
	cr_expect_geq(text.symbols.count, 100);
	cr_expect_leq(text.libraries.text_size + text.symbols.text_size + text.versions.text_size,
		TRACETEXT_SIZE_MAX + sizeof(line));
}

/* Of objects that are told of again and again, or at any length, no more is kept than is needed. */
Test(tracetext, bounds_what_objects_take) {
	for (size_t i = 0; i < 100000; i++)
		add("\t/lib/libc.so.6 (0x1)\n");
	cr_expect_eq(text.error, -E2BIG);
	cr_expect_leq(text.facts.size, 256 * 1024);
	static char line[65536];
	memset(line, 'a', sizeof(line) - 1);
	memcpy(line, "\t/", 2);
	memcpy(line + sizeof(line) - 10, " (0x1)\n", 8);
	for (size_t i = 0; i < 100; i++)
		add(line);
	cr_expect_leq(text.facts.size, 256 * 1024);
	tracetext_end(&text);
}
