/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "dlerror.h"

#define LIB "/home/u/.tsuku/libs/x-1/lib/libx.so"

/* Texts of glibc 2.36, musl 1.2 and dyld as their sources form them. */
static const struct {
	const char *text;
	enum dltest_reason reason;
	const char *missing, *symbol;
} corpus[] = {
	{"libgone.so.1: cannot open shared object file: No such file or directory",
		DLTEST_REASON_MISSING_DEPENDENCY, "libgone.so.1", NULL},
	{"libgone.so.1: cannot open shared object file: Permission denied",
		DLTEST_REASON_MISSING_DEPENDENCY, "libgone.so.1", NULL},
	{LIB ": undefined symbol: f", DLTEST_REASON_UNDEFINED_SYMBOL, NULL, "f"},
	{LIB ": undefined symbol: f, version V_1", DLTEST_REASON_UNDEFINED_SYMBOL, NULL,
		"f, version V_1"},
	{"/lib/libc.so.6: version `GLIBC_2.99' not found (required by " LIB ")",
		DLTEST_REASON_MISSING_VERSION, NULL, "GLIBC_2.99 in /lib/libc.so.6"},
	{LIB ": cannot allocate memory in static TLS block", DLTEST_REASON_NO_STATIC_TLS, NULL,
		NULL},
	{"dlopen: cannot load any more object with static TLS", DLTEST_REASON_NO_STATIC_TLS, NULL,
		NULL},
	{LIB ": cannot enable executable stack as shared object requires: Invalid argument",
		DLTEST_REASON_EXECUTABLE_STACK, NULL, NULL},
	{LIB ": wrong ELF class: ELFCLASS32", DLTEST_REASON_WRONG_ARCHITECTURE, NULL, NULL},
	{LIB ": ELF file data encoding not little-endian", DLTEST_REASON_WRONG_ARCHITECTURE, NULL,
		NULL},
	{LIB ": CPU ISA level is lower than required", DLTEST_REASON_WRONG_ARCHITECTURE, NULL,
		NULL},
	{LIB ": invalid ELF header", DLTEST_REASON_NOT_A_LIBRARY, NULL, NULL},
	{LIB ": only ET_DYN and ET_EXEC can be loaded", DLTEST_REASON_NOT_A_LIBRARY, NULL, NULL},
	{LIB ": cannot dynamically load executable", DLTEST_REASON_NOT_A_LIBRARY, NULL, NULL},
	{LIB ": cannot dynamically load position-independent executable",
		DLTEST_REASON_NOT_A_LIBRARY, NULL, NULL},
	{LIB ": object file has no dynamic section", DLTEST_REASON_NOT_A_LIBRARY, NULL, NULL},
	{LIB ": file too short", DLTEST_REASON_TRUNCATED, NULL, NULL},
	{LIB ": cannot read file data: Input/output error", DLTEST_REASON_TRUNCATED, NULL, NULL},
	{LIB ": failed to map segment from shared object: Cannot allocate memory",
		DLTEST_REASON_OUT_OF_MEMORY, NULL, NULL},
	{LIB ": failed to map segment from shared object: Operation not permitted",
		DLTEST_REASON_LOAD_ERROR, NULL, NULL},
	{LIB ": shared object cannot be dlopen()ed", DLTEST_REASON_LOAD_ERROR, NULL, NULL},
	{LIB ": unexpected reloc type 0x99", DLTEST_REASON_LOAD_ERROR, NULL, NULL},
	{"", DLTEST_REASON_LOAD_ERROR, NULL, NULL},
	{"\xff\xfe", DLTEST_REASON_LOAD_ERROR, NULL, NULL},
	{"Error loading shared library libgone.so: No such file or directory (needed by " LIB ")",
		DLTEST_REASON_MISSING_DEPENDENCY, "libgone.so", NULL},
	{"Error relocating " LIB ": f: symbol not found", DLTEST_REASON_UNDEFINED_SYMBOL, NULL,
		"f"},
	{"Error relocating " LIB ": v: initial-exec TLS resolves to dynamic definition in " LIB,
		DLTEST_REASON_NO_STATIC_TLS, NULL, NULL},
	{"dlopen(/l/x.dylib, 0x0006): Library not loaded: @rpath/gone.dylib\n  Referenced from: "
	 "<U> /l/x.dylib\n  Reason: tried: '/gone.dylib' (no such file)",
		DLTEST_REASON_MISSING_DEPENDENCY, "@rpath/gone.dylib", NULL},
	{"dlopen(/l/x.dylib, 0x0006): Symbol not found: _f\n  Referenced from: <U> /l/x.dylib",
		DLTEST_REASON_UNDEFINED_SYMBOL, NULL, "_f"},
	{"dlopen(/l/x.dylib, 0x0006): symbol not found in flat namespace '_f'",
		DLTEST_REASON_UNDEFINED_SYMBOL, NULL, "_f"},
	{"dlopen(/l/x.dylib, 0x0006): tried: '/l/x.dylib' (mach-o file, but is an incompatible "
	 "architecture (have 'x86_64', need 'arm64'))",
		DLTEST_REASON_WRONG_ARCHITECTURE, NULL, NULL},
	{"dlopen(/l/x.dylib, 0x0006): tried: '/l/x.dylib' (file system sandbox blocked open)",
		DLTEST_REASON_NO_VERDICT, NULL, NULL},
};

Test(dlerror, knows_the_corpus) {
	for (size_t i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
		cleanup_strv struct strv missing = {0}, symbols = {0};
		enum dltest_reason reason = dlerror_classify(corpus[i].text, &missing, &symbols);

		cr_expect_eq(reason, corpus[i].reason, "%s: %d", corpus[i].text, reason);
		cr_expect_eq(missing.count, corpus[i].missing ? 1 : 0, "%s", corpus[i].text);
		cr_expect_eq(symbols.count, corpus[i].symbol ? 1 : 0, "%s", corpus[i].text);
		if (missing.count && corpus[i].missing)
			cr_expect_str_eq(missing.items[0], corpus[i].missing);
		if (symbols.count && corpus[i].symbol)
			cr_expect_str_eq(symbols.items[0], corpus[i].symbol);
	}
}

Test(dlerror, survives_a_huge_symbol) {
	static char text[200000];
	cleanup_strv struct strv missing = {0}, symbols = {0};

	strcpy(text, LIB ": undefined symbol: ");
	memset(text + strlen(text), 's', 100000);
	cr_expect_eq(dlerror_classify(text, &missing, &symbols), DLTEST_REASON_UNDEFINED_SYMBOL);
	cr_expect_eq(strlen(symbols.items[0]), 100000);
}
