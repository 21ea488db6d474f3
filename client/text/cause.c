/* SPDX-License-Identifier: MIT */
#include "cause.h"

#include <stdio.h>
#include <string.h>

#include <dltest/reasons.h>

#include "jsontext.h"
#include "lookup.h"
#include "result.h"

static void put_names(struct jsontext *text, const struct result_list *names) {
	char more[40];

	if (names->count == 0)
		return;
	jsontext_puts(text, lookup_name(names->items[0]));
	if (names->count == 2) {
		jsontext_puts(text, " and ");
		jsontext_puts(text, lookup_name(names->items[1]));
	} else if (names->count > 2) {
		snprintf(more, sizeof(more), " and %zu more", names->count - 1);
		jsontext_puts(text, more);
	}
}

/* What is missing, or else what the first need is for. */
static void put_missing(
	struct jsontext *text, const struct result_list *names, const struct result *result) {
	if (names->count == 0 && result->needs_count > 0)
		jsontext_puts(text, result->needs[0].name);
	else
		put_names(text, names);
}

static void put_symbols(struct jsontext *text, const struct result *result) {
	if (result->loads_with.count > 0) {
		jsontext_puts(text, "not linked with ");
		put_names(text, &result->loads_with);
	} else {
		jsontext_puts(text, "without symbol ");
		put_missing(text, &result->symbols, result);
	}
}

/* "V of libx.so", without the directory, which is not the same for everybody who lacks V. */
static void put_version(struct jsontext *text, const struct result *result) {
	const struct result_need *need = result->needs_count > 0 ? &result->needs[0] : NULL;
	const char *symbol = result->symbols.count > 0 ? result->symbols.items[0] : "";
	const char *in = strstr(symbol, " in ");

	jsontext_puts(text, "without version ");
	if (need && need->provider) {
		jsontext_puts(text, need->name);
		jsontext_puts(text, " of ");
		jsontext_puts(text, lookup_name(need->provider));
	} else if (in) {
		jsontext_put(text, symbol, (size_t)(in - symbol));
		jsontext_puts(text, " of ");
		jsontext_puts(text, lookup_name(in + 4));
	} else {
		jsontext_puts(text, need ? need->name : symbol);
	}
}

void cause_put(struct jsontext *text, const struct result *result) {
	static const char *const words[DLTEST_REASON_COUNT_] = {
		[DLTEST_REASON_NONE] = "ok",
		[DLTEST_REASON_INVALID_PATH] = "no valid path",
		[DLTEST_REASON_NOT_FOUND] = "not found",
		[DLTEST_REASON_PERMISSION_DENIED] = "not readable",
		[DLTEST_REASON_NOT_A_FILE] = "no file",
		[DLTEST_REASON_OUTSIDE_ROOTS] = "outside of the roots",
		[DLTEST_REASON_NOT_A_LIBRARY] = "no library",
		[DLTEST_REASON_TRUNCATED] = "truncated",
		[DLTEST_REASON_WRONG_ARCHITECTURE] = "for another machine",
		[DLTEST_REASON_WRONG_PLATFORM] = "for another system",
		[DLTEST_REASON_NO_STATIC_TLS] = "without static TLS",
		[DLTEST_REASON_EXECUTABLE_STACK] = "with an executable stack",
		[DLTEST_REASON_LOAD_ERROR] = "refused by the dynamic linker",
		[DLTEST_REASON_CRASHED] = "crashed",
		[DLTEST_REASON_EXITED] = "exited",
		[DLTEST_REASON_TIMED_OUT] = "timed out",
		[DLTEST_REASON_OUT_OF_MEMORY] = "out of memory",
		[DLTEST_REASON_CLOSE_FAILED] = "not unloaded",
		[DLTEST_REASON_NO_VERDICT] = "without a verdict",
	};

	if (words[result->reason]) {
		jsontext_puts(text, words[result->reason]);
	} else if (result->reason == DLTEST_REASON_MISSING_DEPENDENCY) {
		jsontext_puts(text, "missing ");
		put_missing(text, &result->missing, result);
	} else if (result->reason == DLTEST_REASON_UNDEFINED_SYMBOL) {
		put_symbols(text, result);
	} else if (result->reason == DLTEST_REASON_NEEDS_HOST) {
		jsontext_puts(text, "in want of ");
		jsontext_puts(text, result->host.name ? result->host.name : "a host");
	} else if (result->reason == DLTEST_REASON_MISSING_VERSION) {
		put_version(text, result);
	}
}
