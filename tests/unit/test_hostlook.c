/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "hostquery.h"
#include "hosttrial.h"
#include "look.h"

static void set_up_hosts(void) {
	look_set_up();
	seeks_no_definers = true;
}

TestSuite(hostlook, .init = set_up_hosts, .fini = look_tear_down);

#define LACKS \
	"undefined symbol: one\t(/libs/p/lib/plugin.so)\n" \
	"undefined symbol: two, version V_2\t(/libs/p/lib/plugin.so)\n"

/* The plugin lacks two symbols, and nothing that is tried before a host helps. */
static enum secondlook_act lacking(void) {
	cr_assert_eq(loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1), SECONDLOOK_TRACE);
	enum secondlook_act act = traced(LACKS, 1);
	while (act == SECONDLOOK_LOAD && !next.plan.host)
		act = loaded(DLTEST_REASON_UNDEFINED_SYMBOL, 1);
	return act;
}

/* Programs were found: of each its name, path (NULL: it is not here), and whether by an entry. */
static enum secondlook_act found(const struct hostcandidate *candidates, size_t count) {
	struct hostfinding finding = {.is_complete = true};

	for (size_t i = 0; i < count; i++)
		cr_assert_eq(candidates[i].via
				     ? hostfinding_add_via(&finding, candidates[i].name,
					       candidates[i].program, candidates[i].via)
				     : hostfinding_add(&finding, candidates[i].name,
					       candidates[i].program, candidates[i].by_entry),
			0);
	return look_go_on(secondlook_found(look, &finding));
}

static enum secondlook_act found_siblings(const char *path) {
	struct hostfinding finding = {.is_complete = true};

	if (path)
		cr_assert_eq(strv_add(&finding.siblings, path), 0);
	return look_go_on(secondlook_found(look, &finding));
}

/* The load with a host failed, for 'left' (NULL: nothing of that kind). */
static enum secondlook_act with_host(enum dltest_reason reason, const char *left) {
	struct verdict verdict = {0};

	if (reason) {
		cr_assert_eq(verdict_make(reason, "/p: undefined symbol: one", &verdict), 0);
		cr_assert_eq(strv_add(&verdict.symbols, "one"), 0);
	}
	if (dltest_reason_class(reason) == DLTEST_REASON_CLASS_PROCESS)
		verdict.phase = "open";
	if (left)
		cr_assert_eq(facts_put(&verdict.facts, DLTEST_FACT_HOST_LACKS, left), 0);
	return judged(verdict, 1);
}

static const struct hostcandidate entry = {
	.name = "Host", .program = "/bin/host", .by_entry = true};
static const struct hostcandidate other = {.name = "other", .program = "/bin/other"};
static const struct hostcandidate absent = {.name = "Host", .by_entry = true};

Test(hostlook, asks_who_has_the_names) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_expect_eq(next.query->kind, HOSTQUERY_PROGRAMS);
	cr_expect_str_eq(next.query->plugin, world.library);
	cr_assert_eq(next.query->names->count, 2);
	cr_expect_str_eq(next.query->names->items[1], "two");
	cr_expect_gt(next.query->programs->count, 3);
	/* Its own, and those up to what is allowed. */
	cr_expect_eq(next.query->package_depth, 3);
}

Test(hostlook, loads_with_its_host) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_not_null(next.plan.host);
	cr_expect_str_eq(next.plan.host->program, "/bin/host");
	cr_expect_eq(next.plan.host->wants->count, 2);
	cr_expect_str_eq(next.plan.host->wants->items[1].version, "V_2");
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_assert_not_null(next.verdict.host);
	cr_expect_str_eq(next.verdict.host->name, "Host");
	cr_expect(facts_have(&next.verdict.basis, DLTEST_FACT_OBJECT, "/bin/host"));
}

Test(hostlook, none_found_changes_nothing) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(NULL, 0), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_null(next.verdict.host);
}

Test(hostlook, what_its_host_lacks_is_told_alone) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one"), SECONDLOOK_FIND);
	cr_expect_eq(next.query->kind, HOSTQUERY_SIBLINGS);
	cr_assert_eq(found_siblings(NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_assert_eq(next.verdict.symbols.count, 1);
	cr_expect_str_eq(next.verdict.symbols.items[0], "one");
	cr_expect_eq(next.verdict.needs.count, 1);
	cr_expect_str_eq(next.verdict.error, "/p: undefined symbol: one (with /bin/host)");
	cr_expect_eq(next.verdict.host->lacks, 1);
}

Test(hostlook, a_program_that_only_exports_is_no_host_of_what_fails) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&other, 1), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_CRASHED, NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_eq(next.verdict.symbols.count, 2);
	cr_expect_null(next.verdict.host);
}

Test(hostlook, one_that_is_not_here_is_needed) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&absent, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NEEDS_HOST);
	cr_expect_eq(next.verdict.symbols.count, 0);
	cr_expect_eq(next.verdict.needs.count, 0);
	cr_expect_eq(next.verdict.host->unchecked.count, 2);
	cr_expect_null(next.verdict.host->program);
}

Test(hostlook, each_is_tried_and_the_first_with_which_it_loads_decides) {
	const struct hostcandidate both[] = {entry, other};

	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(both, 2), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one"), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.host->program, "/bin/other");
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.host->program, "/bin/other");
}

Test(hostlook, a_sibling_is_loaded_first) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one"), SECONDLOOK_FIND);
	cr_assert_eq(found_siblings("/libs/p/lib/sibling.so"), SECONDLOOK_TRACE);
	expect_preload(1, "/libs/p/lib/sibling.so");
	cr_assert_eq(traced(LACKS "undefined symbol: three\t(/libs/p/lib/sibling.so)\n", 1),
		SECONDLOOK_LOAD);
	expect_preload(1, "/libs/p/lib/sibling.so");
	cr_expect_eq(next.plan.host->wants->count, 3);
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.host->after.count, 1);
}

Test(hostlook, siblings_that_lack_each_other_come_to_an_end) {
	char path[40];
	int rounds = 0;

	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	enum secondlook_act act = with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one");
	for (; act == SECONDLOOK_FIND; rounds++) {
		snprintf(path, sizeof(path), "/libs/p/lib/sibling%d.so", rounds);
		cr_assert_eq(found_siblings(path), SECONDLOOK_TRACE);
		cr_assert_eq(traced(LACKS, 1), SECONDLOOK_LOAD);
		expect_preload((size_t)rounds + 1, "/libs/p/lib/sibling0.so");
		cr_expect_eq(next.plan.companions, (size_t)rounds + 1);
		act = with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one");
	}
	cr_expect_eq(act, SECONDLOOK_DONE);
	cr_expect_eq(rounds, 4);
	cr_expect_eq(next.verdict.symbols.count, 1);
}

static const struct hostcandidate inner[] = {
	{.name = "Host", .program = "/bin/host", .via = "/lib/via.so", .by_entry = true},
	{.name = "Inner", .program = "/bin/inner", .by_entry = true},
};

Test(hostlook, the_plugin_that_it_is_a_plugin_of_is_loaded_first) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(inner, 2), SECONDLOOK_TRACE);
	expect_preload(1, "/lib/via.so");
	cr_expect_null(next.plan.host);
	cr_assert_eq(traced(LACKS "undefined symbol: three\t(/lib/via.so)\n", 1), SECONDLOOK_LOAD);
	expect_preload(1, "/lib/via.so");
	cr_expect_str_eq(next.plan.host->program, "/bin/host");
	cr_expect_eq(next.plan.host->wants->count, 3);
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_assert_eq(next.verdict.host->after.count, 1);
	cr_expect_str_eq(next.verdict.host->after.items[0], "/lib/via.so");
}

Test(hostlook, without_that_plugin_the_next_host_is_tried) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(inner, 2), SECONDLOOK_TRACE);
	cr_assert_eq(traced(NULL, 1), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.host->program, "/bin/inner");
	cr_expect_null(next.plan.preload);
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.host->after.count, 0);
}

Test(hostlook, a_host_that_fails_with_that_plugin_gives_way_to_the_next) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(inner, 2), SECONDLOOK_TRACE);
	cr_assert_eq(traced(LACKS, 1), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one"), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.host->program, "/bin/inner");
	cr_expect_null(next.plan.preload);
}

Test(hostlook, what_lies_beside_it_is_loaded_after_the_plugin_that_it_is_a_plugin_of) {
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(inner, 1), SECONDLOOK_TRACE);
	cr_assert_eq(traced(LACKS, 1), SECONDLOOK_LOAD);
	cr_assert_eq(with_host(DLTEST_REASON_UNDEFINED_SYMBOL, "one"), SECONDLOOK_FIND);
	cr_assert_eq(found_siblings("/libs/p/lib/sibling.so"), SECONDLOOK_TRACE);
	expect_preload(2, "/lib/via.so");
	cr_assert_eq(traced(LACKS, 1), SECONDLOOK_LOAD);
	expect_preload(2, "/lib/via.so");
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_assert_eq(next.verdict.host->after.count, 2);
	cr_expect_str_eq(next.verdict.host->after.items[1], "/libs/p/lib/sibling.so");
}

Test(hostlook, what_ends_after_a_call_is_excused) {
	struct verdict crash = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGSEGV, .phase = "open"};

	crash.hosttrace.called = strdup("call_me");
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(judged(crash, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NONE);
	cr_expect_eq(next.verdict.signal, 0);
	cr_expect_str_eq(next.verdict.host->called, "call_me");
	cr_expect_str_eq(next.verdict.host->then, "crashed");
	cr_expect_eq(next.verdict.warnings.count, 1);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_IF_REPEATED);
}

Test(hostlook, one_whose_library_crashes_says_nothing) {
	struct verdict crash = {
		.reason = DLTEST_REASON_CRASHED, .signal = SIGSEGV, .phase = "open"};

	crash.hosttrace.in_libraries = true;
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(judged(crash, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NEEDS_HOST);
}

Test(hostlook, those_that_were_named_are_the_only_ones) {
	cr_assert_eq(strv_add(&request.hosts, "/x/named"), 0);
	cr_assert_eq(lacking(), SECONDLOOK_LOAD);
	cr_expect_str_eq(next.plan.host->program, "/x/named");
	cr_assert_eq(with_host(DLTEST_REASON_NONE, NULL), SECONDLOOK_DONE);
	cr_expect_str_eq(next.verdict.host->name, "named");
	strv_fini(&request.hosts);
}

Test(hostlook, an_incomplete_search_is_not_remembered) {
	struct hostfinding finding = {0};

	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(look_go_on(secondlook_found(look, &finding)), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.worth, VERDICT_WORTH_NEVER);
}

Test(hostlook, a_library_of_static_tls_needs_its_host) {
	struct verdict trial = {0};

	cr_assert_eq(
		verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "/p: undefined symbol: one", &trial),
		0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_HOST_UNCHECKED, "one"), 0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_HOST_LIBRARY,
			     "/lib/libj.so: cannot allocate memory in static TLS block"),
		0);
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(judged(trial, 1), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_NEEDS_HOST);
	cr_expect_eq(next.verdict.host->unchecked.count, 1);
}

Test(hostlook, what_no_library_of_the_host_has_is_lacking) {
	struct verdict trial = {0};

	cr_assert_eq(
		verdict_make(DLTEST_REASON_UNDEFINED_SYMBOL, "/p: undefined symbol: one", &trial),
		0);
	cr_assert_eq(strv_add(&trial.symbols, "one"), 0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_HOST_UNCHECKED, "one"), 0);
	cr_assert_eq(facts_put(&trial.facts, DLTEST_FACT_HOST_LACKS, "two"), 0);
	cr_assert_eq(lacking(), SECONDLOOK_FIND);
	cr_assert_eq(found(&entry, 1), SECONDLOOK_LOAD);
	cr_assert_eq(judged(trial, 1), SECONDLOOK_FIND);
	cr_assert_eq(found_siblings(NULL), SECONDLOOK_DONE);
	cr_expect_eq(next.verdict.reason, DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_not_null(strstr(next.verdict.error, ": undefined symbol: two (with /bin/host"));
	cr_expect_str_eq(next.verdict.symbols.items[0], "two");
	cr_expect_eq(next.verdict.host->unchecked.count, 1);
}

Test(hostlook, never_alone) {
	request.bare = true;
	cr_expect_eq(lacking(), SECONDLOOK_DONE);
}
