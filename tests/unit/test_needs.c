/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "needs.h"

Test(needs, adds_each_need_once) {
	cleanup_needs struct needs needs = {0};

	cr_assert_eq(needs_add(&needs, "libx.so", NULL, NULL, NULL), 0);
	cr_assert_eq(needs_add(&needs, "libx.so", NULL, "/a.so", NULL), 0);
	cr_assert_eq(needs_add(&needs, "libx.so", NULL, "/a.so", NULL), 0);
	cr_assert_eq(needs_add(&needs, "f", "V_1", "/a.so", NULL), 0);
	cr_assert_eq(needs_add(&needs, "f", "V_2", "/a.so", NULL), 0);
	cr_expect_eq(needs.count, 4);
	cr_expect_null(needs.items[0].needed_by);
	cr_expect_str_eq(needs.items[3].version, "V_2");
}

Test(needs, finds_one_among_very_many) {
	cleanup_needs struct needs needs = {0};
	char name[32];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100000; i++) {
			snprintf(name, sizeof(name), "symbol%d", i);
			cr_assert_eq(needs_add(&needs, name, NULL, "/a.so", NULL), 0);
		}
	}
	cr_expect_eq(needs.count, 100000);
	cr_expect_str_eq(needs.items[99999].name, "symbol99999");
	cr_expect_not(needs_has(&needs, "symbol1"), "there it has somebody who needs it");
	cr_assert_eq(needs_add(&needs, "symbol1", NULL, NULL, NULL), 0);
	cr_expect(needs_has(&needs, "symbol1"));
	cr_expect_not(needs_has(&needs, "symbol"));
}

Test(needs, empty_texts_are_not_none) {
	cleanup_needs struct needs needs = {0};

	cr_expect_not(needs_has(&needs, ""));
	cr_assert_eq(needs_add(&needs, "", "", NULL, NULL), 0);
	cr_assert_eq(needs_add(&needs, "", NULL, "", NULL), 0);
	cr_assert_eq(needs_add(&needs, "", NULL, NULL, NULL), 0);
	cr_expect_eq(needs.count, 3);
}

Test(needs, appended_needs_are_not_looked_for) {
	cleanup_needs struct needs needs = {0};

	cr_assert_eq(needs_append(&needs, "f", NULL, NULL, NULL), 0);
	cr_assert_eq(needs_append(&needs, "f", NULL, NULL, NULL), 0);
	cr_expect_eq(needs.count, 2);
	cr_expect_not(needs_has(&needs, "f"));
	cr_assert_eq(needs_add(&needs, "f", NULL, NULL, NULL), 0);
	cr_expect_eq(needs.count, 3);
	cr_expect(needs_has(&needs, "f"));
}

Test(needs, a_need_that_was_cut_off_can_be_added_again) {
	cleanup_needs struct needs needs = {0};

	cr_assert_eq(needs_add(&needs, "f", NULL, NULL, NULL), 0);
	size_t size = needs.text_size;
	cr_assert_eq(needs_add(&needs, "g", "V", "/x", NULL), 0);
	cr_assert_eq(strv_add(&needs.items[1].available, "W"), 0);
	needs_cut(&needs, 1);
	cr_expect_eq(needs.count, 1);
	cr_expect_eq(needs.text_size, size);
	cr_assert_eq(needs_add(&needs, "g", "V", "/x", NULL), 0);
	cr_expect_eq(needs.count, 2);
}

static void expect_symbol(const struct need *need, const char *expected) {
	char *text = needs_symbol(need);

	cr_expect_str_eq(text, expected);
	free(text);
}

Test(needs, writes_symbols_with_version_or_provider) {
	expect_symbol(&(struct need){.name = "f"}, "f");
	expect_symbol(&(struct need){.name = "f", .version = "V_1"}, "f, version V_1");
	expect_symbol(&(struct need){.name = "V_1", .provider = "/a.so"}, "V_1 in /a.so");
}
