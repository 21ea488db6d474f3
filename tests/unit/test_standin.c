/* SPDX-License-Identifier: MIT */
#include "standin.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "standin_layout.h"

static void open_standin(void) {
	const char *trouble = standin_open(STANDIN_PATH);

	cr_assert_null(trouble, "%s", trouble);
}

Test(standin, exports_nothing_until_it_is_shown) {
	open_standin();
	cr_expect_null(dlsym(RTLD_DEFAULT, "one_function"));
	cr_expect(standin_put("one_function", STANDIN_FUNCTION, 0));
	cr_expect_null(dlsym(RTLD_DEFAULT, "one_function"));
	cr_expect_eq(standin_show(), 1);
	cr_expect_not_null(dlsym(RTLD_DEFAULT, "one_function"));
	cr_expect_null(dlsym(RTLD_DEFAULT, "another_function"));
}

Test(standin, functions_are_known_by_their_addresses) {
	char name[40];

	open_standin();
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		cr_assert(standin_put(name, STANDIN_FUNCTION, 0));
	}
	cr_assert_eq(standin_show(), 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		uintptr_t address = (uintptr_t)dlsym(RTLD_DEFAULT, name);
		cr_assert_neq(address, 0, "%s", name);
		cr_assert_str_eq(standin_function_at(address), name);
	}
	cr_expect_null(standin_function_at((uintptr_t)&standin_show));
	cr_expect_null(standin_function_at(0));
	cr_expect_null(standin_function_at(UINTPTR_MAX));
}

Test(standin, data_are_zeros_that_can_be_written_to) {
	open_standin();
	cr_expect(standin_put("some_data", STANDIN_DATA, 100));
	cr_expect(standin_put("more_data", STANDIN_DATA, 0));
	standin_show();
	char *some = dlsym(RTLD_DEFAULT, "some_data"), *more = dlsym(RTLD_DEFAULT, "more_data");
	cr_assert(some && more);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(some[i], 0);
	memset(some, 1, 100);
	cr_expect_eq(more[0], 0);
}

Test(standin, data_of_threads) {
	open_standin();
	cr_expect(standin_put("of_threads", STANDIN_TLS, sizeof(long)));
	standin_show();
	long *value = dlsym(RTLD_DEFAULT, "of_threads");
	cr_assert_not_null(value);
	cr_expect_eq(*value, 0);
}

Test(standin, what_there_is_no_room_for_is_refused) {
	char name[40];
	int count = 0;

	open_standin();
	cr_expect_not(standin_put("huge", STANDIN_DATA, (size_t)STANDIN_DATA_SIZE + 1));
	cr_expect_not(standin_put("huge", STANDIN_DATA, SIZE_MAX));
	cr_expect_not(standin_put("huge", STANDIN_TLS, STANDIN_TLS_SIZE + 1));
	do
		snprintf(name, sizeof(name), "name_%d", count);
	while (standin_put(name, STANDIN_FUNCTION, 0) && ++count < STANDIN_SYMBOLS_MAX + 1);
	cr_expect_eq(count, STANDIN_SYMBOLS_MAX - 1);
	cr_expect_eq(standin_show(), (size_t)count);
	cr_expect_not_null(dlsym(RTLD_DEFAULT, "name_0"));
}

Test(standin, a_name_is_there_once) {
	open_standin();
	cr_expect(standin_put("twice", STANDIN_FUNCTION, 0));
	cr_expect(standin_put("twice", STANDIN_DATA, 8));
	cr_expect_eq(standin_show(), 1);
}

Test(standin, what_is_none_is_not_opened) {
	cr_expect_not_null(standin_open("/nowhere/standin.so"));
}
