/* SPDX-License-Identifier: MIT */
#include "duration.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A hundred years: what is longer is a mistake. */
#define LONGEST_MS 3153600000000.0

static const char *take_unit(const char *text, double *ret_ms) {
	static const struct {
		const char *name;
		double ms;
	} units[] = {
		/* The longer of two that start alike comes first. */
		{"ns", 1e-6},
		{"us", 1e-3},
		{"\xc2\xb5s", 1e-3},
		{"ms", 1},
		{"s", 1e3},
		{"m", 6e4},
		{"h", 3.6e6},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) == 0) {
			*ret_ms = units[i].ms;
			return text + length;
		}
	}
	return NULL;
}

/* Digits with at most one point among them; strtod() would take "inf", "1e9" and "0x" too. */
static const char *take_number(const char *text, double *ret_number) {
	char digits[40];
	size_t length = strspn(text, "0123456789.");

	if (length == 0 || length >= sizeof(digits))
		return NULL;
	memcpy(digits, text, length);
	digits[length] = '\0';
	char *point = strchr(digits, '.');
	if (strcmp(digits, ".") == 0 || (point && strchr(point + 1, '.')))
		return NULL;
	*ret_number = strtod(digits, NULL);
	return text + length;
}

int duration_parse(const char *text, uint64_t *ret_ms) {
	double total = 0;

	double seconds;
	const char *end = take_number(text, &seconds);
	if (end && *end == '\0') {
		*ret_ms = (uint64_t)(seconds * 1e3);
		return seconds * 1e3 > LONGEST_MS ? -ERANGE : 0;
	}
	if (*text == '\0')
		return -EINVAL;
	while (*text) {
		double number, unit;

		if (!(text = take_number(text, &number)) || !(text = take_unit(text, &unit)))
			return -EINVAL;
		total += number * unit;
		if (total > LONGEST_MS)
			return -ERANGE;
	}
	*ret_ms = (uint64_t)total;
	return 0;
}
