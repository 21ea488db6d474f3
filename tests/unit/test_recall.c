/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "recall.h"
#include "verdict.h"

static struct verdict verdict, back;
static struct recall recall;

static void tear_down(void) {
	verdict_fini(&verdict);
	verdict_fini(&back);
	recall_fini(&recall);
}

TestSuite(recall, .fini = tear_down);

static void go_round(void) {
	cr_assert_eq(recall_write(&recall, &verdict), 0);
	cr_assert_eq(recall_read(&recall, &back), 0);
}

static void expect_same(const struct strv *one, const struct strv *other) {
	cr_assert_eq(one->count, other->count);
	for (size_t i = 0; i < one->count; i++)
		cr_expect_str_eq(one->items[i], other->items[i]);
}

Test(recall, plain_success_takes_no_memory) {
	verdict = (struct verdict){.duration_us = 1234};
	go_round();
	cr_expect_null(recall.bytes);
	cr_expect_eq(back.reason, DLTEST_REASON_NONE);
	cr_expect_eq(back.duration_us, 1234);
	cr_expect_not(back.exited);
	cr_expect(back.cached);
	cr_expect_null(back.error);
}

/* The bytes of the file know -1 for none. */
Test(recall, an_exit_status_goes_round_or_none) {
	for (int status = 0; status < 256; status += 255) {
		verdict = (struct verdict){
			.reason = DLTEST_REASON_EXITED, .exited = true, .exit_status = status};
		go_round();
		cr_expect_eq(recall.exit_status, status);
		cr_expect(back.exited);
		cr_expect_eq(back.exit_status, status);
	}
	verdict = (struct verdict){.reason = DLTEST_REASON_CRASHED};
	go_round();
	cr_expect_eq(recall.exit_status, -1);
	cr_expect_not(back.exited);
}

Test(recall, everything_in_a_verdict_goes_round) {
	cr_assert_eq(
		verdict_make(DLTEST_REASON_MISSING_VERSION, "an error, \xc3\xa4", &verdict), 0);
	struct strv *lists[] = {&verdict.missing, &verdict.symbols, &verdict.context,
		&verdict.loads_with, &verdict.warnings, &verdict.denied};
	const struct strv *others[] = {&back.missing, &back.symbols, &back.context,
		&back.loads_with, &back.warnings, &back.denied};
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j <= i; j++) {
			char text[] = {(char)('a' + i), (char)('a' + j), '\0'};
			cr_assert_eq(strv_add(lists[i], text), 0);
		}
		cr_assert_eq(strv_add(lists[i], ""), 0);
	}
	verdict.output = strdup("printed\nlines\n");
	cr_assert_eq(needs_add(&verdict.needs, "GLIBC_9", "version", "/by", "/provider"), 0);
	cr_assert_eq(strv_add(&verdict.needs.items[0].available, "GLIBC_2"), 0);
	cr_assert_eq(strv_add(&verdict.needs.items[0].available, "GLIBC_3"), 0);
	cr_assert_eq(needs_add(&verdict.needs, "libb.so", NULL, NULL, NULL), 0);
	cr_assert_eq(needs_add(&verdict.needs, "libc.so", NULL, "/by", NULL), 0);
	verdict.duration_us = UINT64_MAX;
	go_round();
	cr_expect_eq(back.reason, DLTEST_REASON_MISSING_VERSION);
	cr_expect_eq(back.duration_us, UINT32_MAX, "as much as there is room for");
	cr_expect_str_eq(back.error, verdict.error);
	cr_expect_str_eq(back.output, verdict.output);
	for (size_t i = 0; i < 6; i++)
		expect_same(lists[i], others[i]);
	cr_assert_eq(back.needs.count, 3);
	cr_expect_str_eq(back.needs.items[0].version, "version");
	cr_expect_str_eq(back.needs.items[0].needed_by, "/by");
	cr_expect_str_eq(back.needs.items[0].provider, "/provider");
	expect_same(&back.needs.items[0].available, &verdict.needs.items[0].available);
	cr_expect_str_eq(back.needs.items[1].name, "libb.so");
	cr_expect_null(back.needs.items[1].needed_by);
	cr_expect_str_eq(back.needs.items[2].needed_by, "/by");
}

static void expect_same_text(const char *one, const char *other) {
	cr_expect_eq(!one, !other);
	if (one && other)
		cr_expect_str_eq(one, other);
}

static void expect_same_needs(void) {
	cr_assert_eq(back.needs.count, verdict.needs.count);
	cr_expect_eq(back.needs.text_size, verdict.needs.text_size);
	for (size_t i = 0; i < back.needs.count; i++) {
		const struct need *one = &back.needs.items[i], *other = &verdict.needs.items[i];

		cr_expect_str_eq(one->name, other->name);
		expect_same_text(one->version, other->version);
		expect_same_text(one->needed_by, other->needed_by);
		expect_same_text(one->provider, other->provider);
		expect_same(&one->available, &other->available);
	}
}

/* Texts that come, stay, change and go from one need to the next, in all ways. */
Test(recall, needs_in_any_order_go_round) {
	static const char *const values[] = {NULL, "", "a", "b"};
	unsigned seed = 3;

	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "an error", &verdict), 0);
	for (int i = 0; i < 5000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		cr_assert_eq(needs_add(&verdict.needs, name, values[rand_r(&seed) % 4],
				     values[rand_r(&seed) % 4], values[rand_r(&seed) % 4]),
			0);
		if (rand_r(&seed) % 8 == 0)
			strv_add(&verdict.needs.items[i].available, "v");
		char *symbol = needs_symbol(&verdict.needs.items[i]);
		if (rand_r(&seed) % 2 == 0)
			strv_add(&verdict.symbols, symbol);
		free(symbol);
	}
	go_round();
	expect_same_needs();
	expect_same(&back.symbols, &verdict.symbols);
}

static void add_symbol(const char *name, const char *needed_by) {
	cr_assert_eq(needs_add(&verdict.needs, name, NULL, needed_by, NULL), 0);
}

static void expect_symbols(const char *const *names, size_t count) {
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(strv_add(&verdict.symbols, names[i]), 0);
	go_round();
	expect_same_needs();
	expect_same(&back.symbols, &verdict.symbols);
}

Test(recall, symbols_in_another_order_than_needs_go_round) {
	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "an error", &verdict), 0);
	add_symbol("f", "/a");
	add_symbol("g", "/a");
	add_symbol("f", "/b");
	add_symbol("h", "/b");
	expect_symbols((const char *const[]){"g", "f", "x", "h", "f"}, 5);
}

Test(recall, what_many_needs_share_is_written_once) {
	cr_assert_eq(verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "an error", &verdict), 0);
	for (int i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "symbol%04d", i);
		add_symbol(name, "/usr/lib/a/path/of/some/length.so");
		cr_assert_eq(strv_add(&verdict.symbols, name), 0);
	}
	go_round();
	expect_same_needs();
	expect_same(&back.symbols, &verdict.symbols);
	cr_expect_lt(recall.size, 1000 * 12 + 100);
}

Test(recall, hostile_bytes_are_read_within_bounds) {
	unsigned seed = 7;

	for (unsigned round = 0; round < 20000; round++) {
		size_t size = (size_t)rand_r(&seed) % 64;
		/* No byte behind them, for the sanitizer to see. */
		char *bytes = malloc(size ? size : 1);
		cr_assert_not_null(bytes);
		for (size_t i = 0; i < size; i++)
			bytes[i] = "\0\0\0emsclwdoNSXVBPAx"[rand_r(&seed) % 19];
		struct recall hostile = {.bytes = bytes, .size = (uint32_t)size};
		struct verdict result;
		cr_assert_eq(recall_read(&hostile, &result), 0);
		verdict_fini(&result);
		free(bytes);
	}
}

static bool lasts(enum dltest_reason reason) {
	const struct verdict plain = {.reason = reason};

	return recall_worth(&plain) != VERDICT_WORTH_NEVER;
}

Test(recall, no_verdict_lasts_without_what_it_rests_on) {
	for (int reason = 0; reason < DLTEST_REASON_COUNT_; reason++)
		cr_expect_not(lasts((enum dltest_reason)reason), "%d", reason);
}

/* Of a reason of each class, when all that it can rest on is known. */
Test(recall, what_lasts_by_the_class_of_its_reason) {
	static const enum verdict_worth worths[] = {
		[DLTEST_REASON_CLASS_LOADS] = VERDICT_WORTH_ALWAYS,
		[DLTEST_REASON_CLASS_PATH] = VERDICT_WORTH_NEVER,
		[DLTEST_REASON_CLASS_FORM] = VERDICT_WORTH_ALWAYS,
		[DLTEST_REASON_CLASS_LINKER] = VERDICT_WORTH_ALWAYS,
		[DLTEST_REASON_CLASS_PROCESS] = VERDICT_WORTH_IF_REPEATED,
		[DLTEST_REASON_CLASS_PASSING] = VERDICT_WORTH_NEVER,
	};
	char fact[] = "o/a";
	struct verdict known = {.facts = {.bytes = fact, .size = sizeof(fact)},
		.basis = {.bytes = fact, .size = sizeof(fact)},
		.nothing_was_loaded = true};

	for (int reason = 0; reason < DLTEST_REASON_COUNT_; reason++) {
		known.reason = (enum dltest_reason)reason;
		cr_expect_eq(recall_worth(&known), worths[dltest_reason_class(known.reason)], "%s",
			dltest_reason_name(known.reason));
	}
}

Test(recall, ends_of_processes_last_if_they_are_repeated) {
	char fact[] = "o/a";
	struct verdict crashed = {.reason = DLTEST_REASON_CRASHED,
		.signal = SIGSEGV,
		.basis = {.bytes = fact, .size = sizeof(fact)}};

	cr_expect_eq(recall_worth(&crashed), VERDICT_WORTH_IF_REPEATED);
	crashed.reason = DLTEST_REASON_EXITED;
	cr_expect_eq(recall_worth(&crashed), VERDICT_WORTH_IF_REPEATED);
	crashed.reason = DLTEST_REASON_CRASHED;
	crashed.signal = SIGKILL;
	cr_expect_eq(recall_worth(&crashed), VERDICT_WORTH_NEVER, "somebody killed it");
}

Test(recall, no_verdict_is_worth_more_than_it_says) {
	char fact[] = "o/a";
	struct verdict known = {.facts = {.bytes = fact, .size = sizeof(fact)}};

	for (int worth = VERDICT_WORTH_ALWAYS; worth <= VERDICT_WORTH_NEVER; worth++) {
		known.worth = (enum verdict_worth)worth;
		cr_expect_eq(recall_worth(&known), known.worth);
	}
	known.reason = DLTEST_REASON_CRASHED;
	known.worth = VERDICT_WORTH_ALWAYS;
	cr_expect_eq(recall_worth(&known), VERDICT_WORTH_IF_REPEATED, "nor than its reason");
}

Test(recall, what_the_linker_says_of_a_dependency_does_not_last) {
	char fact[] = "o/a";
	const struct verdict verdict_of_linker = {
		.reason = DLTEST_REASON_TRUNCATED, .facts = {.bytes = fact, .size = sizeof(fact)}};

	cr_expect_eq(recall_worth(&verdict_of_linker), VERDICT_WORTH_NEVER);
}

Test(recall, a_load_in_company_rests_on_the_load_alone_too) {
	char fact[] = "o/a", dir[] = "/d", *dirs[] = {dir};
	struct verdict known = {.facts = {.bytes = fact, .size = sizeof(fact)},
		.context = {.items = dirs, .count = 1}};

	cr_expect_eq(recall_worth(&known), VERDICT_WORTH_NEVER);
	known.basis = known.facts;
	cr_expect_eq(recall_worth(&known), VERDICT_WORTH_ALWAYS);
}

static bool is_sound(
	enum dltest_reason reason, int signal, int status, const char *bytes, size_t size) {
	char copy[64];

	memcpy(copy, bytes, size);
	const struct recall made = {.reason = (uint8_t)reason,
		.signal = (uint8_t)signal,
		.exit_status = (int16_t)status,
		.bytes = copy,
		.size = (uint32_t)size};
	return recall_is_sound(&made);
}

#define TEXT(text) text, sizeof(text)

Test(recall, what_was_made_is_sound) {
	verdict = (struct verdict){.reason = DLTEST_REASON_CRASHED,
		.signal = SIGSEGV,
		.error = strdup("crashed"),
		.phase = "close"};
	cr_assert_eq(strv_add(&verdict.denied, "open /\xc3\xa9"), 0);
	go_round();
	cr_expect(recall_is_sound(&recall));
	cr_expect(is_sound(DLTEST_REASON_NONE, 0, -1, "", 0));
	cr_expect(is_sound(DLTEST_REASON_NONE, 0, -1, TEXT("cpackage")));
	cr_expect(is_sound(DLTEST_REASON_EXITED, 0, 255, TEXT("eexited")));
}

Test(recall, what_no_load_has_told_is_not_sound) {
	const enum dltest_reason none = DLTEST_REASON_NONE, exited = DLTEST_REASON_EXITED;

	cr_expect_not(is_sound(none, 0, -1, TEXT("w\xff")), "no UTF-8");
	cr_expect_not(is_sound(none, 0, -1, TEXT("zwhat")), "of no kind");
	cr_expect_not(is_sound(none, 0, -1, "wwarning", 8), "without an end");
	cr_expect_not(is_sound(none, 0, -1, TEXT("eerror")), "of one that loads");
	cr_expect_not(is_sound(none, 0, -1, TEXT("mlibgone.so")));
	cr_expect_not(is_sound(exited, 0, 1, "", 0), "without a word");
	cr_expect_not(is_sound(exited, 0, 1, TEXT("eone\0etwo")));
	cr_expect_not(is_sound(exited, 0, 256, TEXT("eexited")));
	cr_expect_not(is_sound(exited, 0, -2, TEXT("eexited")));
	cr_expect_not(is_sound(exited, SIGSEGV, 1, TEXT("eexited")));
	cr_expect_not(is_sound(DLTEST_REASON_CRASHED, 200, -1, TEXT("ecrashed")));
	cr_expect_not(is_sound(DLTEST_REASON_CRASHED, SIGKILL, -1, TEXT("ekilled")));
	cr_expect_not(is_sound(DLTEST_REASON_CRASHED, SIGSEGV, 0, TEXT("ecrashed")));
}

Test(recall, what_is_never_kept_is_not_sound) {
	for (int reason = 1; reason < DLTEST_REASON_COUNT_; reason++) {
		enum dltest_reason_class class = dltest_reason_class((enum dltest_reason)reason);
		bool kept =
			class != DLTEST_REASON_CLASS_PATH && class != DLTEST_REASON_CLASS_PASSING;

		cr_expect_eq(is_sound((enum dltest_reason)reason, 0, -1, TEXT("eword")), kept, "%s",
			dltest_reason_name((enum dltest_reason)reason));
	}
}

static struct host *make_host(void) {
	struct host *host = host_new();

	cr_assert_not_null(host);
	host->name = strdup("PostgreSQL");
	host->program = strdup("/usr/bin/postgres");
	host->symbols = 38;
	host->lacks = 2;
	host->called = strdup("f");
	host->then = dltest_reason_name(DLTEST_REASON_CRASHED);
	cr_assert_eq(strv_add(&host->after, "/a.so"), 0);
	cr_assert_eq(strv_add(&host->unchecked, "x"), 0);
	cr_assert_eq(strv_add(&host->unchecked, ""), 0);
	return host;
}

Test(recall, a_host_goes_round) {
	verdict = (struct verdict){.host = make_host()};
	go_round();
	cr_expect(recall_is_sound(&recall));
	cr_assert_not_null(back.host);
	cr_expect_str_eq(back.host->name, "PostgreSQL");
	cr_expect_str_eq(back.host->program, "/usr/bin/postgres");
	cr_expect_eq(back.host->symbols, 38);
	cr_expect_eq(back.host->lacks, 2);
	cr_expect_str_eq(back.host->called, "f");
	cr_expect_str_eq(back.host->then, "crashed");
	expect_same(&back.host->after, &verdict.host->after);
	expect_same(&back.host->unchecked, &verdict.host->unchecked);
}

Test(recall, a_host_that_was_not_written_so_is_refused) {
	static const char *const texts[] = {"nx", "n", "n99999999999999999999999", "tno_reason"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char bytes[40];

		snprintf(bytes, sizeof(bytes), "%s", texts[i]);
		const struct recall hostile = {
			.bytes = bytes, .size = (uint32_t)strlen(bytes) + 1, .exit_status = -1};
		cr_expect_eq(recall_read(&hostile, &back), -EBADMSG, "%s", texts[i]);
		cr_expect_not(recall_is_sound(&hostile), "%s", texts[i]);
	}
}
