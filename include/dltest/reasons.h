/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reasons for which a library did not load, in the words of dev.tsuku.DlTest.varlink. Used by the
 * daemon, the loader (in its records) and the client (which makes some results itself).
 */

/* The reasons: name, word of the protocol, class. Whoever adds one decides here alone, by the
 * class, whether a second look is taken at it and whether memory keeps it. */
/* clang-format off */
#define DLTEST_REASONS(X) \
	X(INVALID_PATH, invalid_path, PATH) \
	X(NOT_FOUND, not_found, PATH) \
	X(PERMISSION_DENIED, permission_denied, PATH) \
	X(NOT_A_FILE, not_a_file, PATH) \
	X(OUTSIDE_ROOTS, outside_roots, PATH) \
	X(NOT_A_LIBRARY, not_a_library, FORM) \
	X(TRUNCATED, truncated, FORM) \
	X(WRONG_ARCHITECTURE, wrong_architecture, FORM) \
	X(WRONG_PLATFORM, wrong_platform, FORM) \
	X(MISSING_DEPENDENCY, missing_dependency, LINKER) \
	X(UNDEFINED_SYMBOL, undefined_symbol, LINKER) \
	X(NEEDS_HOST, needs_host, LINKER) \
	X(MISSING_VERSION, missing_version, LINKER) \
	X(NO_STATIC_TLS, no_static_tls, LINKER) \
	X(EXECUTABLE_STACK, executable_stack, LINKER) \
	X(LOAD_ERROR, load_error, LINKER) \
	X(CRASHED, crashed, PROCESS) \
	X(EXITED, exited, PROCESS) \
	X(TIMED_OUT, timed_out, PASSING) \
	X(OUT_OF_MEMORY, out_of_memory, PASSING) \
	X(CLOSE_FAILED, close_failed, PASSING) \
	X(NO_VERDICT, no_verdict, PASSING)
/* clang-format on */

enum dltest_reason {
	DLTEST_REASON_NONE,
#define DLTEST_REASON_ENUM(upper, lower, class) DLTEST_REASON_##upper,
	DLTEST_REASONS(DLTEST_REASON_ENUM)
#undef DLTEST_REASON_ENUM
	DLTEST_REASON_COUNT_
};

/*
 * The class of a reason: what the reason is about, and with that how much it tells the next time.
 *
 * CLOSE_FAILED is among the passing ones by what is done about it, not by nature: glibc refuses to
 * close only what is closed already, and the library's own code has done that, as it will again. As
 * one of PROCESS it would be remembered once repeated; nobody has missed that yet.
 */
enum dltest_reason_class {
	DLTEST_REASON_CLASS_LOADS,   /* there is none */
	DLTEST_REASON_CLASS_PATH,    /* the path, and what the daemon may look at */
	DLTEST_REASON_CLASS_FORM,    /* the form of the file */
	DLTEST_REASON_CLASS_LINKER,  /* the dynamic linker refused it */
	DLTEST_REASON_CLASS_PROCESS, /* its code ended the process */
	DLTEST_REASON_CLASS_PASSING, /* may be for the moment: says little about the library */
};

/* The class of 'reason'; DLTEST_REASON_CLASS_PASSING for no such reason. */
static inline enum dltest_reason_class dltest_reason_class(enum dltest_reason reason) {
	static const enum dltest_reason_class classes[DLTEST_REASON_COUNT_] = {
		[DLTEST_REASON_NONE] = DLTEST_REASON_CLASS_LOADS,
#define DLTEST_REASON_CLASS(upper, lower, class) \
	[DLTEST_REASON_##upper] = DLTEST_REASON_CLASS_##class,
		DLTEST_REASONS(DLTEST_REASON_CLASS)
#undef DLTEST_REASON_CLASS
	};

	return (unsigned)reason < DLTEST_REASON_COUNT_ ? classes[reason]
						       : DLTEST_REASON_CLASS_PASSING;
}

/* The word of the protocol for 'reason'; NULL for DLTEST_REASON_NONE and for no such reason. */
static inline const char *dltest_reason_name(enum dltest_reason reason) {
	static const char *const names[DLTEST_REASON_COUNT_] = {[DLTEST_REASON_NONE] = 0,
#define DLTEST_REASON_NAME(upper, lower, class) [DLTEST_REASON_##upper] = #lower,
		DLTEST_REASONS(DLTEST_REASON_NAME)
#undef DLTEST_REASON_NAME
	};

	return (unsigned)reason < DLTEST_REASON_COUNT_ ? names[reason] : 0;
}
