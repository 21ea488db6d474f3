/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "strv.h"

Test(strv, grows_and_keeps_the_order) {
	cleanup_strv struct strv list = {0};

	for (int i = 0; i < 1000; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		cr_assert_eq(strv_add(&list, text), 0);
	}
	cr_assert_eq(list.count, 1000);
	cr_expect_str_eq(list.items[0], "0");
	cr_expect_str_eq(list.items[999], "999");
}

Test(strv, adds_once) {
	cleanup_strv struct strv list = {0};

	cr_assert_eq(strv_add_once(&list, "a"), 0);
	cr_assert_eq(strv_add_once(&list, "a"), 0);
	cr_expect_eq(list.count, 1);
	cr_expect_str_eq(list.items[0], "a");
}

Test(strv, adds_all_of_another_list) {
	cleanup_strv struct strv list = {0}, more = {0};

	cr_assert_eq(strv_add(&list, "a"), 0);
	cr_assert_eq(strv_add_all(&list, &more), 0);
	cr_assert(strv_add(&more, "b") == 0 && strv_add(&more, "a") == 0);
	cr_assert_eq(strv_add_all(&list, &more), 0);
	cr_assert_eq(list.count, 3);
	cr_expect_str_eq(list.items[1], "b");
	cr_expect_str_eq(list.items[2], "a");
	cr_expect_eq(more.count, 2);
}

Test(strv, makes_one_the_last) {
	static const char *const texts[] = {"a", "b", "c", "a", "d", "a"};
	cleanup_strv struct strv list = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(strv_make_last(&list, texts[i], 3), 0);
	cr_assert_eq(list.count, 3);
	cr_expect_str_eq(list.items[0], "c");
	cr_expect_str_eq(list.items[1], "d");
	cr_expect_str_eq(list.items[2], "a");
}

Test(strv, taking_a_failed_allocation_is_an_error) {
	cleanup_strv struct strv list = {0};

	cr_expect_lt(strv_take(&list, NULL), 0);
	cr_expect_eq(list.count, 0);
}
