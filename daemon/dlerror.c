/* SPDX-License-Identifier: MIT */
#include "dlerror.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

enum subject {
	SUBJECT_NONE,
	SUBJECT_MISSING, /* the name before the marker could not be found */
	SUBJECT_SYMBOL,	 /* the rest after the marker is the symbol */
	SUBJECT_VERSION, /* "PROVIDER: version `V' not found (required by REQUESTER)" */
	SUBJECT_MUSL_MISSING,
	SUBJECT_MUSL_SYMBOL,
	SUBJECT_DYLD_MISSING,
	SUBJECT_DYLD_SYMBOL,
};

struct form {
	const char *marker; /* found anywhere in the text */
	enum dltest_reason reason;
	enum subject subject;
};

/* The first form whose marker occurs decides. */
static const struct form forms[] = {
	/* A refusal of our own sandbox must never be put down to the library (dyld). */
	{"blocked by sandbox", DLTEST_REASON_NO_VERDICT, SUBJECT_NONE},
	{"file system sandbox blocked", DLTEST_REASON_NO_VERDICT, SUBJECT_NONE},
	/* glibc */
	{": cannot open shared object file: No such file or directory",
		DLTEST_REASON_MISSING_DEPENDENCY, SUBJECT_MISSING},
	{": cannot open shared object file: Permission denied", DLTEST_REASON_MISSING_DEPENDENCY,
		SUBJECT_MISSING},
	{": cannot open shared object file: Cannot allocate memory", DLTEST_REASON_OUT_OF_MEMORY,
		SUBJECT_NONE},
	{": undefined symbol: ", DLTEST_REASON_UNDEFINED_SYMBOL, SUBJECT_SYMBOL},
	{": symbol lookup error: ", DLTEST_REASON_UNDEFINED_SYMBOL, SUBJECT_NONE},
	{": version `", DLTEST_REASON_MISSING_VERSION, SUBJECT_VERSION},
	{"cannot allocate memory in static TLS block", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot load any more object with static TLS", DLTEST_REASON_NO_STATIC_TLS, SUBJECT_NONE},
	{"cannot enable executable stack", DLTEST_REASON_EXECUTABLE_STACK, SUBJECT_NONE},
	{": wrong ELF class: ", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_NONE},
	{": ELF file data encoding not ", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_NONE},
	{": CPU ISA level is lower than required", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_NONE},
	{": invalid ELF header", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{": only ET_DYN and ET_EXEC can be loaded", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{": cannot dynamically load executable", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{": cannot dynamically load position-independent executable", DLTEST_REASON_NOT_A_LIBRARY,
		SUBJECT_NONE},
	{": object file has no dynamic section", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{": object file has no loadable segments", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{": file too short", DLTEST_REASON_TRUNCATED, SUBJECT_NONE},
	{": cannot read file data", DLTEST_REASON_TRUNCATED, SUBJECT_NONE},
	{": cannot create shared object descriptor: Cannot allocate memory",
		DLTEST_REASON_OUT_OF_MEMORY, SUBJECT_NONE},
	{"failed to map segment from shared object: Cannot allocate memory",
		DLTEST_REASON_OUT_OF_MEMORY, SUBJECT_NONE},
	/* dyld, before what musl says in almost the same words */
	{"symbol not found in flat namespace '", DLTEST_REASON_UNDEFINED_SYMBOL,
		SUBJECT_DYLD_SYMBOL},
	/* musl */
	{"Error loading shared library ", DLTEST_REASON_MISSING_DEPENDENCY, SUBJECT_MUSL_MISSING},
	{": symbol not found", DLTEST_REASON_UNDEFINED_SYMBOL, SUBJECT_MUSL_SYMBOL},
	{": initial-exec TLS resolves to dynamic definition in ", DLTEST_REASON_NO_STATIC_TLS,
		SUBJECT_NONE},
	/* dyld */
	{"incompatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_NONE},
	{"missing compatible architecture", DLTEST_REASON_WRONG_ARCHITECTURE, SUBJECT_NONE},
	{"Library not loaded: ", DLTEST_REASON_MISSING_DEPENDENCY, SUBJECT_DYLD_MISSING},
	{"Symbol not found: ", DLTEST_REASON_UNDEFINED_SYMBOL, SUBJECT_DYLD_SYMBOL},
	{"not a mach-o file", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{"cannot dlopen a main executable", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
	{"unloadable mach-o file type", DLTEST_REASON_NOT_A_LIBRARY, SUBJECT_NONE},
};

static int take(struct strv *list, const char *start, const char *end) {
	return strv_take(list, strndup(start, (size_t)(end - start)));
}

/* "PROVIDER: version `V' not found (required by …)" becomes "V in PROVIDER". */
static int take_version(struct strv *symbols, const char *text, const char *marker) {
	const char *version = marker + strlen(": version `");
	const char *end = strstr(version, "' not found");
	char *entry;

	if (!end)
		return 0;
	if (asprintf(&entry, "%.*s in %.*s", (int)(end - version), version, (int)(marker - text),
		    text) < 0)
		return -1;
	return strv_take(symbols, entry);
}

/* "Error loading shared library NAME: reason (needed by REQUESTER)". */
static int take_musl_missing(struct strv *missing, const char *marker) {
	const char *name = marker + strlen("Error loading shared library ");
	const char *end = strstr(name, ": ");

	return end ? take(missing, name, end) : 0;
}

/* "Error relocating LIBRARY: SYMBOL: symbol not found". */
static int take_musl_symbol(struct strv *symbols, const char *text, const char *marker) {
	const char *start = marker;

	while (start > text && !(start[0] == ' ' && start[-1] == ':'))
		start--;
	return take(symbols, start > text ? start + 1 : start, marker);
}

static int take_until(struct strv *list, const char *start, const char *stops) {
	return take(list, start, start + strcspn(start, stops));
}

static int take_subject(const struct form *form, const char *text, const char *marker,
	struct strv *missing, struct strv *symbols) {
	const char *rest = marker + strlen(form->marker);

	switch (form->subject) {
	case SUBJECT_NONE:
		return 0;
	case SUBJECT_MISSING:
		return take(missing, text, marker);
	case SUBJECT_SYMBOL:
		return take(symbols, rest, rest + strlen(rest));
	case SUBJECT_VERSION:
		return take_version(symbols, text, marker);
	case SUBJECT_MUSL_MISSING:
		return take_musl_missing(missing, marker);
	case SUBJECT_MUSL_SYMBOL:
		return take_musl_symbol(symbols, text, marker);
	case SUBJECT_DYLD_MISSING:
		return take_until(missing, rest, "\n");
	case SUBJECT_DYLD_SYMBOL:
		return take_until(symbols, rest, "\n'");
	}
	return 0;
}

enum dltest_reason dlerror_classify(const char *text, struct strv *missing, struct strv *symbols) {
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *marker = strstr(text, forms[i].marker);

		if (!marker)
			continue;
		if (take_subject(&forms[i], text, marker, missing, symbols) < 0)
			return DLTEST_REASON_NONE;
		return forms[i].reason;
	}
	return DLTEST_REASON_LOAD_ERROR;
}
