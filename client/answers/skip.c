/* SPDX-License-Identifier: MIT */
#include "skip.h"

#include <string.h>

#include <dltest/reasons.h>

#include "jsonscan.h"

/* Whether a member is a string that begins with 'words', neither having escapes. */
static bool begins(
	const struct jsonscan *scan, size_t result, const char *name, const char *words) {
	size_t member = jsonscan_member(scan, result, name), length = strlen(words);
	struct jsonscan_slice slice = jsonscan_slice(scan, member);

	return member && slice.length > length && slice.at[0] == '"' &&
	       memcmp(slice.at + 1, words, length) == 0;
}

static bool is_reason(const struct jsonscan *scan, size_t result, enum dltest_reason reason) {
	return begins(scan, result, "reason", dltest_reason_name(reason));
}

/*
 * Whether this machine may do without it. One that is for this machine, and wants more of it than
 * the processor has, is not for another: whoever installed it is out of luck here. Beside it there
 * is one that runs everywhere only where the dynamic linker chooses by level (ld.so(8)).
 */
static bool is_for_another_machine(const char *path, const struct jsonscan *scan, size_t result) {
	return !begins(scan, result, "platform", "x86-64-v") || strstr(path, "/glibc-hwcaps/");
}

bool skip_applies(
	enum path_kind kind, const char *path, const struct jsonscan *scan, size_t result) {
	if (kind == PATH_NAMED)
		return false;
	if (is_reason(scan, result, DLTEST_REASON_WRONG_ARCHITECTURE))
		return is_for_another_machine(path, scan, result);
	if (is_reason(scan, result, DLTEST_REASON_NOT_A_LIBRARY))
		return kind == PATH_BESIDE;
	return is_reason(scan, result, DLTEST_REASON_WRONG_PLATFORM);
}
