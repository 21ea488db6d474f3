/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The kernel's view of a system call filter, evaluated in user space: the instructions that
 * libseccomp and daemon/confine/sysfilter.c use, over struct seccomp_data (seccomp(2)).
 */

#include <criterion/criterion.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sysfilter.h"

static inline bool bpf_jumps(uint16_t code, uint32_t a, uint32_t k) {
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return (a & k) != 0;
	default:
		cr_assert_fail("unknown jump %#x", code);
		return false;
	}
}

/* What the filter returns for a system call. */
static inline uint32_t bpf_run(const struct sysfilter *filter, const struct seccomp_data *data) {
	uint32_t a = 0;

	for (size_t pc = 0; pc < filter->count; pc++) {
		const struct sock_filter *op = &filter->code[pc];

		if (op->code == (BPF_LD | BPF_W | BPF_ABS)) {
			cr_assert_leq(op->k, sizeof(*data) - 4);
			memcpy(&a, (const char *)data + op->k, 4);
		} else if (op->code == (BPF_ALU | BPF_AND | BPF_K)) {
			a &= op->k;
		} else if (op->code == (BPF_RET | BPF_K)) {
			return op->k;
		} else if (op->code == (BPF_JMP | BPF_JA)) {
			pc += op->k;
		} else if (BPF_CLASS(op->code) == BPF_JMP) {
			pc += bpf_jumps(op->code, a, op->k) ? op->jt : op->jf;
		} else {
			cr_assert_fail("unknown instruction %#x at %zu", op->code, pc);
		}
	}
	cr_assert_fail("ran off the end");
	return 0;
}
