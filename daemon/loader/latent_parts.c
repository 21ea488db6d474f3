/* SPDX-License-Identifier: MIT */
#include "latent_parts.h"

#include <dltest/fact.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "loader_abi.h"

void latent_warn(struct latent *latent, const char *pattern, ...) {
	char text[LOADER_WARNING_MAX];
	va_list arguments;

	if (latent->warnings++ >= LOADER_WARNINGS_MAX)
		return;
	va_start(arguments, pattern);
	vsnprintf(text, sizeof(text), pattern, arguments);
	va_end(arguments);
	for (char *letter = text; *letter; letter++) {
		if ((unsigned char)*letter < 0x20 || *letter == 0x7f)
			*letter = '?';
	}
	facts_add_once(DLTEST_FACT_WARNING, text);
}

bool latent_is_within(const char *path, const char *directory) {
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}
