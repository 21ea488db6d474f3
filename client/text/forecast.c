/* SPDX-License-Identifier: MIT */
#include "forecast.h"

#include <dltest/number.h>
#include <stdio.h>
#include <string.h>

#include "jsontext.h"
#include "screen.h"

/* How daemon/loader/latent_forecast.c begins them. */
#define GLIBC	  "needs glibc "
#define PROCESSOR "needs a processor of x86-64-v"

/* The daemon is on this machine, and its libraries are of the client's architecture. */
#if defined(__x86_64__)
#define MACHINE "x86-64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE ""
#endif

static bool begins(const char *text, const char *start) {
	return strncmp(text, start, strlen(start)) == 0;
}

bool forecast_is(const char *warning) {
	return begins(warning, GLIBC) || begins(warning, PROCESSOR);
}

static bool is_newer(const unsigned version[3], const unsigned than[3]) {
	for (int i = 0; i < 3; i++) {
		if (version[i] != than[i])
			return version[i] > than[i];
	}
	return false;
}

/* "2.34" or "2.3.4". */
static bool read_version(const char *text, unsigned version[3]) {
	if (!dltest_number_take(&text, 10, '.', &version[0]) ||
		!dltest_number_take(&text, 10, '\0', &version[1]))
		return false;
	if (*text++ == '.')
		dltest_number_take(&text, 10, '\0', &version[2]);
	return true;
}

void forecast_take(struct forecast *forecast, const char *warning) {
	const char *words = warning + strlen(begins(warning, GLIBC) ? GLIBC : PROCESSOR);
	unsigned version[3] = {0}, level;

	if (begins(warning, GLIBC)) {
		if (read_version(words, version) && is_newer(version, forecast->glibc))
			memcpy(forecast->glibc, version, sizeof(version));
	} else if (begins(warning, PROCESSOR) && dltest_number_take(&words, 10, '\0', &level) &&
		   level > forecast->level) {
		forecast->level = level;
	}
}

static void put_glibc(const unsigned version[3], bool utf8, struct jsontext *words) {
	char text[60];

	snprintf(text, sizeof(text), version[2] ? "glibc %s %u.%u.%u" : "glibc %s %u.%u",
		utf8 ? "\xe2\x89\xa5" : ">=", version[0], version[1], version[2]);
	jsontext_puts(words, text);
}

void forecast_put(
	const struct forecast *forecast, const struct screen *screen, struct jsontext *text) {
	cleanup_jsontext struct jsontext words = {0};
	bool has_glibc = forecast->glibc[0] > 0;
	char level[40] = "";

	if (!has_glibc && forecast->level == 0)
		return;
	jsontext_puts(&words, "runs on ");
	if (has_glibc)
		put_glibc(forecast->glibc, screen->utf8, &words);
	if (forecast->level > 0)
		snprintf(level, sizeof(level), "x86-64-v%u", forecast->level);
	else
		snprintf(level, sizeof(level), "%s", MACHINE);
	if (has_glibc && *level)
		jsontext_puts(&words, " and ");
	jsontext_puts(&words, level);
	jsontext_put(&words, "", 1);
	if (words.failed)
		text->failed = true;
	else
		screen_put_lines(screen, text, 0, 0, words.bytes);
}
