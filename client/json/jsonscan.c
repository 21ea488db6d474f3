/* SPDX-License-Identifier: MIT */
#include "jsonscan.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

/* Without, the end of each object is paid for with a walk over all that its list has so far. */
#define JSMN_PARENT_LINKS
#include <dltest/jsmn.h>

#define TOKENS_FIRST 1024

struct jsonscan {
	const char *text;
	jsmntok_t *tokens;
	size_t capacity;
	size_t count;
};

static int grow(struct jsonscan *scan) {
	size_t capacity = scan->capacity ? scan->capacity * 4 : TOKENS_FIRST;
	jsmntok_t *tokens = capacity <= UINT32_MAX / 4
				    ? reallocarray(scan->tokens, capacity, sizeof(*tokens))
				    : NULL;

	if (!tokens)
		return -ENOMEM;
	scan->tokens = tokens;
	scan->capacity = capacity;
	return 0;
}

int jsonscan_read(const char *text, size_t length, struct jsonscan **scan) {
	jsmn_parser parser;
	int found;

	if (!*scan && !(*scan = calloc(1, sizeof(**scan))))
		return -ENOMEM;
	jsmn_init(&parser);
	/* The parser goes on where it ran out of tokens. */
	do {
		if (parser.toknext == (*scan)->capacity && grow(*scan) < 0)
			return -ENOMEM;
		found = jsmn_parse(
			&parser, text, length, (*scan)->tokens, (unsigned)(*scan)->capacity);
	} while (found == JSMN_ERROR_NOMEM);
	if (found < 1 || (*scan)->tokens[0].type != JSMN_OBJECT)
		return -EPROTO;
	(*scan)->text = text;
	(*scan)->count = (size_t)found;
	return 0;
}

struct jsonscan *jsonscan_free(struct jsonscan *scan) {
	if (!scan)
		return NULL;
	free(scan->tokens);
	free(scan);
	return NULL;
}

size_t jsonscan_root(const struct jsonscan *scan) {
	(void)scan;
	return 0;
}

/* Tokens stand in the order of the text: the next one that starts behind this one's end. */
size_t jsonscan_next(const struct jsonscan *scan, size_t item) {
	int end = scan->tokens[item].end;

	do
		item++;
	while (item < scan->count && scan->tokens[item].start < end);
	return item;
}

size_t jsonscan_member(const struct jsonscan *scan, size_t object, const char *name) {
	size_t length = strlen(name), key = object + 1;

	if (scan->tokens[object].type != JSMN_OBJECT)
		return 0;
	for (int i = 0; i < scan->tokens[object].size && key + 1 < scan->count; i++) {
		const jsmntok_t *token = &scan->tokens[key];

		if (token->type == JSMN_STRING && (size_t)(token->end - token->start) == length &&
			memcmp(scan->text + token->start, name, length) == 0)
			return key + 1;
		key = jsonscan_next(scan, key + 1);
	}
	return 0;
}

size_t jsonscan_count(const struct jsonscan *scan, size_t array) {
	const jsmntok_t *token = &scan->tokens[array];

	return array > 0 && token->type == JSMN_ARRAY ? (size_t)token->size : 0;
}

size_t jsonscan_first(const struct jsonscan *scan, size_t array) {
	(void)scan;
	return array + 1;
}

struct jsonscan_slice jsonscan_slice(const struct jsonscan *scan, size_t value) {
	const jsmntok_t *token = &scan->tokens[value];
	int quote = token->type == JSMN_STRING ? 1 : 0;

	return (struct jsonscan_slice){
		scan->text + token->start - quote, (size_t)(token->end - token->start + 2 * quote)};
}

bool jsonscan_is_true(const struct jsonscan *scan, size_t value) {
	const jsmntok_t *token = &scan->tokens[value];

	return value > 0 && token->type == JSMN_PRIMITIVE && scan->text[token->start] == 't';
}

int64_t jsonscan_integer(const struct jsonscan *scan, size_t value) {
	const jsmntok_t *token = &scan->tokens[value];
	int64_t number = 0;

	if (value == 0 || token->type != JSMN_PRIMITIVE || token->end - token->start > 18)
		return -1;
	for (int i = token->start; i < token->end; i++) {
		if (scan->text[i] < '0' || scan->text[i] > '9')
			return -1;
		number = number * 10 + (scan->text[i] - '0');
	}
	return number;
}

static int take_hex(const char **cursor, const char *end, uint32_t *ret_unit) {
	uint32_t unit = 0;

	if (end - *cursor < 4)
		return -EPROTO;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, *(*cursor)++ | 0x20);

		if (!digit || !*digit)
			return -EPROTO;
		unit = unit * 16 + (uint32_t)(digit - digits);
	}
	*ret_unit = unit;
	return 0;
}

static char *put_utf8(char *at, uint32_t point) {
	if (point < 0x80) {
		*at++ = (char)point;
		return at;
	}
	if (point < 0x800) {
		*at++ = (char)(0xc0 | point >> 6);
	} else {
		if (point < 0x10000) {
			*at++ = (char)(0xe0 | point >> 12);
		} else {
			*at++ = (char)(0xf0 | point >> 18);
			*at++ = (char)(0x80 | (point >> 12 & 0x3f));
		}
		*at++ = (char)(0x80 | (point >> 6 & 0x3f));
	}
	*at++ = (char)(0x80 | (point & 0x3f));
	return at;
}

/* What follows a backslash. */
static int take_escape(const char **cursor, const char *end, char **at) {
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	uint32_t unit, low;
	char c = *(*cursor)++;
	const char *found = strchr(from, c);

	if (c != 'u') {
		*(*at)++ = found && c ? to[found - from] : c;
		return 0;
	}
	if (take_hex(cursor, end, &unit) < 0)
		return -EPROTO;
	if (unit >= 0xd800 && unit < 0xdc00 && end - *cursor >= 6 && (*cursor)[0] == '\\' &&
		(*cursor)[1] == 'u') {
		*cursor += 2;
		if (take_hex(cursor, end, &low) < 0 || low < 0xdc00 || low > 0xdfff)
			return -EPROTO;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	}
	*at = put_utf8(*at, unit);
	return 0;
}

char *jsonscan_string(const struct jsonscan *scan, size_t value) {
	const jsmntok_t *token = &scan->tokens[value];

	if (token->type != JSMN_STRING)
		return NULL;
	const char *cursor = scan->text + token->start, *end = scan->text + token->end;
	/* No escape is shorter than what it stands for. */
	cleanup_free char *string = malloc((size_t)(end - cursor) + 1);
	char *at = string;
	if (!string)
		return NULL;
	while (cursor < end) {
		if (*cursor != '\\') {
			*at++ = *cursor++;
			continue;
		}
		cursor++;
		if (cursor == end || take_escape(&cursor, end, &at) < 0)
			return NULL;
	}
	*at = '\0';
	return steal_ptr(&string);
}
