/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include "duration.h"

Test(duration, reads_what_go_reads_and_seconds) {
	static const struct {
		const char *text;
		uint64_t ms;
	} cases[] = {
		{"0", 0},
		{"0s", 0},
		{"5", 5000},
		{"1.5", 1500},
		{"5m", 300000},
		{"1h30m", 5400000},
		{"1.5s", 1500},
		{".5s", 500},
		{"500ms", 500},
		{"1s500ms", 1500},
		{"1500us", 1},
		{"2000000ns", 2},
		{"1500\xc2\xb5s", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ms = 4711;

		cr_expect_eq(duration_parse(cases[i].text, &ms), 0, "%s", cases[i].text);
		cr_expect_eq(ms, cases[i].ms, "%s", cases[i].text);
	}
}

Test(duration, refuses_what_go_does_not_read) {
	static const char *const bad[] = {"", "m", "5x", "-5s", "+5s", " 5s", "5s ", "1e3s",
		"0x5s", "inf", "nans", ".s", "1.2.3s", "5mm", "5d"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ms = 4711;

		cr_expect_eq(duration_parse(bad[i], &ms), -EINVAL, "%s", bad[i]);
		cr_expect_eq(ms, 4711, "%s", bad[i]);
	}
}

Test(duration, refuses_what_does_not_fit) {
	uint64_t ms;

	cr_expect_eq(duration_parse("99999999999h", &ms), -ERANGE);
}
