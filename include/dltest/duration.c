/* SPDX-License-Identifier: MIT */
#include "duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A hundred years: what is longer is a mistake. */
#define LONGEST_US UINT64_C(3153600000000000)

/* Of a number, the part before the point and the one behind it, in thousand millionths. */
struct number {
	uint64_t whole, fraction;
};

struct unit {
	const char *name;
	uint64_t us;
	unsigned in_a_us; /* where it is less than one */
};

static const struct unit seconds = {"s", 1000000, 1};

static const char *take_unit(const char *text, struct unit *ret_unit) {
	static const struct unit units[] = {
		/* The longer of two that start alike comes first. */
		{"ns", 1, 1000},
		{"us", 1, 1},
		{"\xc2\xb5s", 1, 1},
		{"ms", 1000, 1},
		{"s", 1000000, 1},
		{"m", 60000000, 1},
		{"h", 3600000000, 1},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) == 0) {
			*ret_unit = units[i];
			return text + length;
		}
	}
	return NULL;
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

/* Digits with at most one point among them; strtod() would take "inf", "1e9" and "0x" too. What is
 * too large for all units becomes UINT64_MAX. */
static const char *take_number(const char *text, struct number *ret_number) {
	const char *start = text;
	uint64_t place = 100000000;

	*ret_number = (struct number){0};
	for (; is_digit(*text); text++) {
		bool fits = ret_number->whole <= LONGEST_US * 100;

		ret_number->whole =
			fits ? ret_number->whole * 10 + (uint64_t)(*text - '0') : UINT64_MAX;
	}
	bool has_digits = text > start;
	if (*text != '.')
		return has_digits ? text : NULL;
	for (text++; is_digit(*text); text++, place /= 10) {
		ret_number->fraction += (uint64_t)(*text - '0') * place;
		has_digits = true;
	}
	return has_digits ? text : NULL;
}

/* Adds so much of 'unit' to *total. Returns 0 or -ERANGE. */
static int add(uint64_t *total, const struct number *number, const struct unit *unit) {
	uint64_t most = LONGEST_US / unit->us;

	if (number->whole / unit->in_a_us > most)
		return -ERANGE;
	uint64_t before = *total, fraction = number->fraction * unit->us / 1000000000;
	*total += (unit->in_a_us > 1 ? 0 : number->whole * unit->us) + fraction;
	if (unit->in_a_us > 1)
		*total += number->whole / unit->in_a_us;
	/* Only 0 is none. */
	if (*total == before && (number->whole > 0 || number->fraction > 0))
		(*total)++;
	return *total > LONGEST_US ? -ERANGE : 0;
}

int dltest_duration_parse(const char *text, uint64_t *ret_us) {
	struct number number;
	uint64_t total = 0;
	struct unit unit;
	int r = *text ? 0 : -EINVAL;

	const char *end = take_number(text, &number);
	if (end && !*end) {
		r = add(&total, &number, &seconds);
		text = end;
	}
	while (*text && r == 0) {
		if (!(text = take_number(text, &number)) || !(text = take_unit(text, &unit)))
			return -EINVAL;
		r = add(&total, &number, &unit);
	}
	if (r == 0)
		*ret_us = total;
	return r;
}
