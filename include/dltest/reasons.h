/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Why a library did not load, in the words of dev.tsuku.DlTest.varlink. Used by the daemon, the
 * loader (in its records) and the client (which makes some results itself).
 */

/* clang-format off */
#define DLTEST_REASONS(X) \
	X(INVALID_PATH, invalid_path) \
	X(NOT_FOUND, not_found) \
	X(PERMISSION_DENIED, permission_denied) \
	X(NOT_A_FILE, not_a_file) \
	X(OUTSIDE_ROOTS, outside_roots) \
	X(NOT_A_LIBRARY, not_a_library) \
	X(TRUNCATED, truncated) \
	X(WRONG_ARCHITECTURE, wrong_architecture) \
	X(MISSING_DEPENDENCY, missing_dependency) \
	X(UNDEFINED_SYMBOL, undefined_symbol) \
	X(MISSING_VERSION, missing_version) \
	X(NO_STATIC_TLS, no_static_tls) \
	X(EXECUTABLE_STACK, executable_stack) \
	X(LOAD_ERROR, load_error) \
	X(CRASHED, crashed) \
	X(EXITED, exited) \
	X(TIMED_OUT, timed_out) \
	X(OUT_OF_MEMORY, out_of_memory) \
	X(CLOSE_FAILED, close_failed) \
	X(NO_VERDICT, no_verdict)
/* clang-format on */

enum dltest_reason {
	DLTEST_REASON_NONE,
#define DLTEST_REASON_ENUM(upper, lower) DLTEST_REASON_##upper,
	DLTEST_REASONS(DLTEST_REASON_ENUM)
#undef DLTEST_REASON_ENUM
	DLTEST_REASON_COUNT_
};

/* The word of the protocol for 'reason'; NULL for DLTEST_REASON_NONE and for no such reason. */
static inline const char *dltest_reason_name(enum dltest_reason reason) {
	static const char *const names[DLTEST_REASON_COUNT_] = {[DLTEST_REASON_NONE] = 0,
#define DLTEST_REASON_NAME(upper, lower) [DLTEST_REASON_##upper] = #lower,
		DLTEST_REASONS(DLTEST_REASON_NAME)
#undef DLTEST_REASON_NAME
	};

	return (unsigned)reason < DLTEST_REASON_COUNT_ ? names[reason] : 0;
}
