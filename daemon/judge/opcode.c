/* SPDX-License-Identifier: MIT */
#include "opcode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LACKING(set) "an instruction of " set ", which this processor does not have"

#if defined(__x86_64__)

#include <cpuid.h>

#define CODE_MAX 16

/* What sets this processor has (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E). */
struct sets {
	bool ssse3, sse41, sse42, popcnt, movbe, aes, pclmul, avx, f16c, fma, bmi1, avx2, bmi2, adx,
		sha, avx512, lzcnt;
};

static struct sets find_sets(void) {
	unsigned a, b = 0, c = 0, d;
	struct sets sets = {0};

	if (__get_cpuid(1, &a, &b, &c, &d)) {
		sets.ssse3 = c & bit_SSSE3;
		sets.sse41 = c & bit_SSE4_1;
		sets.sse42 = c & bit_SSE4_2;
		sets.popcnt = c & bit_POPCNT;
		sets.movbe = c & bit_MOVBE;
		sets.aes = c & bit_AES;
		sets.pclmul = c & bit_PCLMUL;
		sets.avx = c & bit_AVX;
		sets.f16c = c & bit_F16C;
		sets.fma = c & bit_FMA;
	}
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		sets.bmi1 = b & bit_BMI;
		sets.avx2 = b & bit_AVX2;
		sets.bmi2 = b & bit_BMI2;
		sets.adx = b & bit_ADX;
		sets.sha = b & bit_SHA;
		sets.avx512 = b & bit_AVX512F;
	}
	if (__get_cpuid(0x80000001, &a, &b, &c, &d))
		sets.lzcnt = c & bit_LZCNT;
	return sets;
}

/* An instruction, apart: its prefixes, its map (0: one byte, 1: 0F, 2: 0F38, 3: 0F3A), its opcode.
 */
struct instruction {
	bool vex, evex;
	bool wide;	/* 256 bits */
	uint8_t prefix; /* 0x66, 0xf2, 0xf3, or 0 */
	uint8_t map, opcode;
};

static size_t read_code(const char *text, uint8_t code[CODE_MAX]) {
	size_t size = 0;
	unsigned byte;

	while (size < CODE_MAX && sscanf(text + 2 * size, "%2x", &byte) == 1)
		code[size++] = (uint8_t)byte;
	return size;
}

static uint8_t legacy_prefix(uint8_t bits) {
	static const uint8_t prefixes[] = {0, 0x66, 0xf3, 0xf2};

	return prefixes[bits & 3];
}

static bool take_vex(const uint8_t *code, size_t size, struct instruction *instruction) {
	size_t opcode = code[0] == 0xc5 ? 2 : 3;

	if (size <= opcode)
		return false;
	uint8_t last = code[opcode - 1];
	instruction->vex = true;
	instruction->map = code[0] == 0xc5 ? 1 : code[1] & 0x1f;
	instruction->prefix = legacy_prefix(last);
	instruction->wide = last & 4;
	instruction->opcode = code[opcode];
	return true;
}

static bool take_legacy(const uint8_t *code, size_t size, struct instruction *instruction) {
	size_t at = 0;

	for (; at < size && (code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3); at++) {
		if (instruction->prefix == 0 || code[at] != 0x66)
			instruction->prefix = code[at];
	}
	/* REX. */
	if (at < size && (code[at] & 0xf0) == 0x40)
		at++;
	if (at + 1 >= size || code[at] != 0x0f)
		return false;
	instruction->map = 1;
	instruction->opcode = code[++at];
	if (instruction->opcode != 0x38 && instruction->opcode != 0x3a)
		return true;
	instruction->map = instruction->opcode == 0x38 ? 2 : 3;
	if (++at >= size)
		return false;
	instruction->opcode = code[at];
	return true;
}

static bool take(const uint8_t *code, size_t size, struct instruction *instruction) {
	*instruction = (struct instruction){0};
	if (size < 2)
		return false;
	if (code[0] == 0x62) {
		instruction->evex = true;
		return true;
	}
	return code[0] == 0xc4 || code[0] == 0xc5 ? take_vex(code, size, instruction)
						  : take_legacy(code, size, instruction);
}

static const char *describe_vex(const struct instruction *of, const struct sets *has) {
	bool general = of->map == 2 && of->opcode >= 0xf2 && of->opcode <= 0xf7;

	if (general && of->opcode <= 0xf3)
		return has->bmi1 ? NULL : LACKING("BMI1");
	if ((general && of->opcode >= 0xf5 && !(of->opcode == 0xf7 && of->prefix == 0)) ||
		(of->map == 3 && of->opcode == 0xf0))
		return has->bmi2 ? NULL : LACKING("BMI2");
	if (!has->avx)
		return LACKING("AVX");
	if (of->map == 2 && of->opcode >= 0x96 && of->opcode <= 0xbf && of->prefix == 0x66 &&
		(of->opcode & 0xf) >= 6)
		return has->fma ? NULL : LACKING("FMA");
	if (of->map == 2 && of->opcode == 0x13)
		return has->f16c ? NULL : LACKING("F16C");
	return has->avx2 ? NULL
			 : "an instruction of AVX or AVX2; this processor does not have AVX2";
}

static const char *describe_0f38(const struct instruction *of, const struct sets *has) {
	if (of->opcode == 0xf0 || of->opcode == 0xf1) {
		if (of->prefix == 0xf2)
			return has->sse42 ? NULL
					  : "an instruction of SSE4.2, which this processor does "
					    "not have";
		return has->movbe ? NULL : "MOVBE, which this processor does not have";
	}
	if (of->opcode == 0xf6)
		return has->adx ? NULL : LACKING("ADX");
	if (of->opcode >= 0xc8 && of->opcode <= 0xcd && of->prefix == 0)
		return has->sha ? NULL : LACKING("SHA");
	if (of->opcode >= 0xdb && of->opcode <= 0xdf)
		return has->aes ? NULL : LACKING("AES");
	if (of->opcode <= 0x0b || (of->opcode >= 0x1c && of->opcode <= 0x1e))
		return has->ssse3 ? NULL : LACKING("SSSE3");
	if (of->opcode == 0x37)
		return has->sse42 ? NULL : LACKING("SSE4.2");
	if (of->opcode >= 0x10 && of->opcode <= 0x41)
		return has->sse41 ? NULL : LACKING("SSE4.1");
	return NULL;
}

static const char *describe_legacy(const struct instruction *of, const struct sets *has) {
	if (of->map == 1 && (of->opcode == 0x0b || of->opcode == 0xb9 || of->opcode == 0xff))
		return "an instruction that no processor has (ud2): compilers put it where code "
		       "must "
		       "not come to";
	if (of->map == 1 && of->opcode == 0xb8 && of->prefix == 0xf3)
		return has->popcnt ? NULL : "POPCNT, which this processor does not have";
	if (of->map == 2)
		return describe_0f38(of, has);
	if (of->map == 3 && of->opcode == 0x44)
		return has->pclmul ? NULL : "PCLMULQDQ, which this processor does not have";
	if (of->map == 3 && of->opcode >= 0x60 && of->opcode <= 0x63)
		return has->sse42 ? NULL : LACKING("SSE4.2");
	if (of->map == 3 && of->opcode >= 0x08 && of->opcode <= 0x42 && of->opcode != 0x0f)
		return has->sse41 ? NULL : LACKING("SSE4.1");
	return NULL;
}

const char *opcode_describe(const char *code) {
	const struct sets sets = find_sets();
	struct instruction instruction;
	uint8_t bytes[CODE_MAX] = {0};
	size_t size = read_code(code, bytes);

	if (!take(bytes, size, &instruction))
		return NULL;
	if (instruction.evex)
		return sets.avx512 ? NULL : LACKING("AVX-512");
	return instruction.vex ? describe_vex(&instruction, &sets)
			       : describe_legacy(&instruction, &sets);
}

#elif defined(__aarch64__)

const char *opcode_describe(const char *code) {
	unsigned bytes[4];

	if (sscanf(code, "%2x%2x%2x%2x", &bytes[0], &bytes[1], &bytes[2], &bytes[3]) != 4)
		return NULL;
	/* UDF (Arm ARM, C6.2): the upper half is 0. */
	if (bytes[2] == 0 && bytes[3] == 0)
		return "an instruction that no processor has (udf)";
	/* SVE: bits 28 to 25 are 0010. */
	return (bytes[3] >> 1 & 0xf) == 2 ? LACKING("SVE") : NULL;
}

#else

const char *opcode_describe(const char *code) {
	(void)code;
	return NULL;
}

#endif
