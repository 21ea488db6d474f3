/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "needs.h"

Test(needs, each_once) {
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
