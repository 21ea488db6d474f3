/* SPDX-License-Identifier: MIT */
#include "opcode.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(opcode, what_makes_no_sense_is_nothing) {
	static const char *const codes[] = {
		"", "0", "zz", "f", "66666666", "62", "c4", "c5f8", "0f"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		(void)opcode_describe(codes[i]);
	cr_expect_null(opcode_describe(""));
	cr_expect_null(opcode_describe("zz"));
}

/* Whatever comes. */
Test(opcode, any_bytes) {
	char code[33];

	srand(1);
	for (int i = 0; i < 200000; i++) {
		for (int j = 0; j < 16; j++)
			sprintf(code + 2 * j, "%02x", (unsigned)rand() & 0xff);
		const char *words = opcode_describe(code);
		cr_assert(!words || strlen(words) > 4);
	}
}

#if defined(__x86_64__)

/* What is certain of an instruction is that this processor lacks its set, if it does. */
Test(opcode, sets_that_this_processor_lacks) {
	const struct {
		const char *code, *set;
		int has;
	} cases[] = {
		{"62f17c48580a", "AVX-512", __builtin_cpu_supports("avx512f")},
		{"c5fd6fc1", "AVX", __builtin_cpu_supports("avx2")},
		{"c4e2f5b8c2", "FMA", __builtin_cpu_supports("fma")},
		{"c4e2f8f2c2", "BMI1", __builtin_cpu_supports("bmi")},
		{"c4e2fbf6c2", "BMI2", __builtin_cpu_supports("bmi2")},
		{"f30fb8c1", "POPCNT", __builtin_cpu_supports("popcnt")},
		{"660f3800c1", "SSSE3", __builtin_cpu_supports("ssse3")},
		{"660f3810c1", "SSE4.1", __builtin_cpu_supports("sse4.1")},
		{"f20f38f1c1", "SSE4.2", __builtin_cpu_supports("sse4.2")},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words = opcode_describe(cases[i].code);

		if (cases[i].has)
			cr_expect_null(words, "%s: %s", cases[i].set, words);
		else
			cr_expect(words && strstr(words, cases[i].set), "%s", cases[i].set);
	}
}

Test(opcode, what_no_processor_has) {
	cr_expect(strstr(opcode_describe("0f0b"), "ud2"));
	cr_expect_null(opcode_describe("4889e5"), "an honest one");
}

#endif
