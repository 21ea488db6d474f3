/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include <dltest/duration.h>

Test(duration, reads_what_go_reads_and_seconds) {
	static const struct {
		const char *text;
		uint64_t us;
	} cases[] = {
		{"0", 0},
		{"0s", 0},
		{"5", 5000000},
		{"1.5", 1500000},
		{"1.", 1000000},
		{"5m", 300000000},
		{"1h30m", 5400000000},
		{"1.5s", 1500000},
		{".5s", 500000},
		{"500ms", 500000},
		{"1s500ms", 1500000},
		{"0.0015", 1500},
		{"1500us", 1500},
		{"2000000ns", 2000},
		{"500ns", 1},
		{"0.0000001", 1},
		{"0ns", 0},
		{"1500\xc2\xb5s", 1500},
		{"0.1234567890123456789s", 123456},
		{"876000h", 3153600000000000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t us = 4711;

		cr_expect_eq(dltest_duration_parse(cases[i].text, &us), 0, "%s", cases[i].text);
		cr_expect_eq(us, cases[i].us, "%s", cases[i].text);
	}
}

Test(duration, refuses_what_go_does_not_read) {
	static const char *const bad[] = {"", "m", "5x", "-5s", "+5s", " 5s", "5s ", "1e3s", "0x5s",
		"inf", "nans", ".s", "1.2.3s", "5mm", "5d"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t us = 4711;

		cr_expect_eq(dltest_duration_parse(bad[i], &us), -EINVAL, "%s", bad[i]);
		cr_expect_eq(us, 4711, "%s", bad[i]);
	}
}

Test(duration, refuses_what_does_not_fit) {
	static const char *const large[] = {"99999999999h", "876000h1s", "3153600001",
		"99999999999999999999999999999999ns", "876000h876000h"};
	uint64_t us;

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		cr_expect_eq(dltest_duration_parse(large[i], &us), -ERANGE, "%s", large[i]);
}
