/* SPDX-License-Identifier: MIT */
#include <dltest/utf8.h>

#include <stdlib.h>
#include <string.h>

/* Bytes of a sequence that starts with 'first', and the range its second byte must be in
 * (RFC 3629, section 4); 0 if nothing starts with it. */
static size_t sequence_shape(unsigned char first, unsigned char *ret_low, unsigned char *ret_high) {
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef) {
		if (first == 0xe0)
			*ret_low = 0xa0;
		if (first == 0xed)
			*ret_high = 0x9f;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (first == 0xf0)
			*ret_low = 0x90;
		if (first == 0xf4)
			*ret_high = 0x8f;
		return 4;
	}
	return 0;
}

size_t dltest_utf8_sequence(const char *text, size_t length) {
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char low, high;

	if (length == 0)
		return 0;
	size_t size = sequence_shape(bytes[0], &low, &high);
	if (size == 0 || size > length)
		return 0;
	if (size > 1 && (bytes[1] < low || bytes[1] > high))
		return 0;
	for (size_t i = 2; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	return size;
}

bool dltest_utf8_is_valid(const char *text, size_t length) {
	while (length > 0) {
		size_t size = dltest_utf8_sequence(text, length);
		if (size == 0)
			return false;
		text += size;
		length -= size;
	}
	return true;
}

char *dltest_utf8_repair(const char *text, size_t length) {
	static const char replacement[] = "\xef\xbf\xbd";
	/* Every byte becomes at most the three of U+FFFD. */
	char *copy = malloc(length * 3 + 1);
	char *end = copy;

	if (!copy)
		return NULL;
	while (length > 0) {
		size_t size = *text ? dltest_utf8_sequence(text, length) : 0;
		size_t step = size ? size : 1;

		memcpy(end, size ? text : replacement, size ? size : 3);
		end += size ? size : 3;
		text += step;
		length -= step;
	}
	*end = '\0';
	return copy;
}

size_t dltest_utf8_cut(const char *text, size_t length, size_t limit) {
	if (length <= limit)
		return length;
	while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}
