/* SPDX-License-Identifier: MIT */
#include "nearby.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <dltest/cleanup.h>

#include "sight.h"
#include "tracetext.h"
#include "verdict.h"

static void add_remark(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_remark(struct verdict *verdict, const char *format, ...) {
	cleanup_free char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	cleanup_free char *fit = text ? tracetext_fit(text, strlen(text)) : NULL;
	if (fit && verdict->error)
		(void)verdict_add_remark(verdict, "%s", fit);
}

/* What comes behind "NAME\n" in 'fact'; NULL if that is about another name. */
static const char *path_for(const char *fact, const char *name) {
	size_t length = strlen(name);

	return strncmp(fact, name, length) == 0 && fact[length] == '\n' ? fact + length + 1 : NULL;
}

void nearby_tell_like(struct verdict *verdict, const struct facts *survey) {
	const char *fact = facts_next(survey, DLTEST_FACT_NEAR, NULL);
	const char *words, *path;

	if (!fact || verdict->missing.count == 0)
		return;
	path = path_for(fact + 1, verdict->missing.items[0]);
	words = fact[0] == 'v'	 ? "is there, which is another version"
		: fact[0] == 'n' ? "is there, which has almost that name"
		: fact[0] == 'p' ? "is there; it is needed by a path alone, as that of the machine "
				   "that it was built on"
				 : NULL;
	if (!path || !words)
		return;
	add_remark(verdict, "%s %s", path, words);
}

/* Whether a file of this name was taken from elsewhere. */
static bool was_found(const struct verdict *verdict, const char *path) {
	const struct facts *places[] = {&verdict->facts, &verdict->basis};
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < sizeof(places) / sizeof(places[0]); i++) {
		const char *object = NULL;

		while ((object = facts_next(places[i], DLTEST_FACT_OBJECT, object))) {
			const char *slash = strrchr(object, '/');

			if (slash && strcmp(slash, name) == 0)
				return true;
		}
	}
	return false;
}

void nearby_tell_definer(struct verdict *verdict, const struct facts *survey) {
	const char *fact = facts_next(survey, DLTEST_FACT_DEFINER, NULL);
	const char *line = fact ? strchr(fact, '\n') : NULL;

	if (!line || was_found(verdict, line + 1))
		return;
	add_remark(verdict, "%s has %.*s, and is not among what it needs", line + 1,
		(int)(line - fact), fact);
}

/* The path of the file that the variant at 'path' hides, or NULL. */
static char *find_hidden(const char *path, struct sight *sight) {
	const char *directory = strstr(path, "/glibc-hwcaps/"), *slash = strrchr(path, '/');
	struct stat status;
	char *plain;

	if (!directory || asprintf(&plain, "%.*s%s", (int)(directory - path), path, slash) < 0)
		return NULL;
	if (sight_stat(sight, plain, &status) < 0) {
		free(plain);
		return NULL;
	}
	return plain;
}

static void tell_variant(struct verdict *verdict, const char *path, struct sight *sight) {
	cleanup_free char *hidden = find_hidden(path, sight);

	if (!hidden)
		return;
	add_remark(verdict, "%s was taken, and not %s", path, hidden);
}

void nearby_tell_variant(struct verdict *verdict, struct sight *sight) {
	const struct facts *places[] = {&verdict->facts, &verdict->basis};

	if (verdict->reason != DLTEST_REASON_UNDEFINED_SYMBOL &&
		verdict->reason != DLTEST_REASON_MISSING_VERSION)
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *object = NULL;

		while ((object = facts_next(places[i], DLTEST_FACT_OBJECT, object))) {
			if (!strstr(object, "/glibc-hwcaps/"))
				continue;
			tell_variant(verdict, object, sight);
			return;
		}
	}
}
