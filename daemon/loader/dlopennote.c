/* SPDX-License-Identifier: MIT */
#include "dlopennote.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define JSMN_PARENT_LINKS
#include <dltest/jsmn.h>

#define TOKENS_MAX  2048
#define FEATURE_MAX 200
#define NEED_MAX    (16 + FEATURE_MAX + DLOPENNOTE_NAMES_MAX * (DLOPENNOTE_NAME_MAX + 1))

struct note {
	const char *json;
	const jsmntok_t *tokens;
	int count;
};

/* The token behind 'item' and all below it. */
static int next_of(const struct note *note, int item) {
	int end = note->tokens[item].end;

	do
		item++;
	while (item < note->count && note->tokens[item].start < end);
	return item;
}

static bool is_text(const struct note *note, int item, const char *text) {
	const jsmntok_t *token = &note->tokens[item];
	size_t length = strlen(text);

	return token->type == JSMN_STRING && (size_t)(token->end - token->start) == length &&
	       memcmp(note->json + token->start, text, length) == 0;
}

/* The value of the member 'name' of the object 'object'; 0 if it has none. */
static int member_of(const struct note *note, int object, const char *name) {
	int key = object + 1;

	for (int i = 0; i < note->tokens[object].size && key + 1 < note->count; i++) {
		/* jsmn does not insist on a value. */
		if (note->tokens[key].type != JSMN_STRING || note->tokens[key].size != 1)
			return 0;
		if (is_text(note, key, name))
			return key + 1;
		key = next_of(note, key + 1);
	}
	return 0;
}

static int hex_digit(char digit) {
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)(digit | 0x20);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The four digits of a \u at 'text'; 0xfffd for what is no character by itself. */
static unsigned unicode_of(const char *text) {
	unsigned value = 0;

	for (int i = 0; i < 4; i++)
		value = value * 16 + (unsigned)hex_digit(text[i]);
	return value >= 0xd800 && value < 0xe000 ? 0xfffd : value;
}

static size_t put_utf8(char *target, unsigned value) {
	if (value < 0x80) {
		target[0] = (char)value;
		return 1;
	}
	if (value < 0x800) {
		target[0] = (char)(0xc0 | value >> 6);
		target[1] = (char)(0x80 | (value & 0x3f));
		return 2;
	}
	target[0] = (char)(0xe0 | value >> 12);
	target[1] = (char)(0x80 | (value >> 6 & 0x3f));
	target[2] = (char)(0x80 | (value & 0x3f));
	return 3;
}

static char unescape(char letter) {
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = strchr(from, letter);

	return found ? to[found - from] : letter;
}

/*
 * Copies the string 'item' without its escapes to 'target' and ends it with a NUL. jsmn has checked
 * the escapes. Returns its length, or -1 if it is no string or does not fit into 'size'.
 */
static int copy_string(const struct note *note, int item, char *target, size_t size) {
	const jsmntok_t *token = &note->tokens[item];
	const char *text = note->json + token->start, *end = note->json + token->end;
	size_t used = 0;

	if (token->type != JSMN_STRING)
		return -1;
	while (text < end) {
		if (used + 4 > size)
			return -1;
		if (*text != '\\') {
			target[used++] = *text++;
		} else if (text[1] == 'u') {
			used += put_utf8(target + used, unicode_of(text + 2));
			text += 6;
		} else {
			target[used++] = unescape(text[1]);
			text += 2;
		}
	}
	target[used] = '\0';
	return (int)used;
}

static bool has_control(const char *text, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
}

/* What is wanted is unknown if none of the three words is there; the specification then takes it
 * for recommended. */
static const char *priority_of(const struct note *note, int object) {
	static const char *const words[] = {"required", "suggested"};
	int item = member_of(note, object, "priority");

	for (size_t i = 0; i < 2 && item > 0; i++) {
		if (is_text(note, item, words[i]))
			return words[i];
	}
	return "recommended";
}

/* Puts what the library is wanted for: its feature, else its description, else nothing. */
static size_t put_feature(const struct note *note, int object, char *target) {
	static const char *const names[] = {"feature", "description"};

	for (size_t i = 0; i < 2; i++) {
		int item = member_of(note, object, names[i]);
		int length = item > 0 ? copy_string(note, item, target, FEATURE_MAX) : -1;

		if (length > 0 && !has_control(target, (size_t)length))
			return (size_t)length;
	}
	target[0] = '\0';
	return 0;
}

/* Adds the soname 'item', after a tab, to the need of 'used' bytes. */
static bool put_name(const struct note *note, int item, char *need, size_t *used) {
	char name[DLOPENNOTE_NAME_MAX + 4];
	int length = copy_string(note, item, name, sizeof(name));

	if (length <= 0 || length > DLOPENNOTE_NAME_MAX || has_control(name, (size_t)length) ||
		strchr(name, '/'))
		return false;
	need[(*used)++] = '\t';
	memcpy(need + *used, name, (size_t)length + 1);
	*used += (size_t)length;
	return true;
}

static bool tell_need(const struct note *note, int object, dlopennote_fn each, void *context) {
	char need[NEED_MAX + 8];
	int names =
		note->tokens[object].type == JSMN_OBJECT ? member_of(note, object, "soname") : 0;
	bool sane = names > 0 && note->tokens[names].type == JSMN_ARRAY;

	if (!sane)
		return false;
	const char *priority = priority_of(note, object);
	size_t used = strlen(priority);
	memcpy(need, priority, used);
	need[used++] = '\t';
	used += put_feature(note, object, need + used);

	size_t start = used;
	int item = names + 1;
	for (int i = 0; i < note->tokens[names].size && item < note->count; i++) {
		if (i == DLOPENNOTE_NAMES_MAX) {
			sane = false;
			break;
		}
		sane = put_name(note, item, need, &used) && sane;
		item = next_of(note, item);
	}
	if (used > start)
		each(context, need);
	return sane && used > start;
}

int dlopennote_parse(const char *json, size_t size, dlopennote_fn each, void *context) {
	static jsmntok_t tokens[TOKENS_MAX];
	struct note note = {.json = json, .tokens = tokens};
	jsmn_parser parser;
	bool sane = true;
	int item = 1;

	size = strnlen(json, size);
	if (size > DLOPENNOTE_SIZE_MAX)
		return -EBADMSG;
	jsmn_init(&parser);
	note.count = jsmn_parse(&parser, json, size, tokens, TOKENS_MAX);
	if (note.count < 1 || tokens[0].type != JSMN_ARRAY || next_of(&note, 0) != note.count)
		return -EBADMSG;
	for (int i = 0; i < tokens[0].size && item < note.count; i++) {
		if (i == DLOPENNOTE_NEEDS_MAX)
			return -EBADMSG;
		sane = tell_need(&note, item, each, context) && sane;
		item = next_of(&note, item);
	}
	return sane ? 0 : -EBADMSG;
}

int dlopennote_walk(
	const void *notes, size_t size, size_t align, dlopennote_fn each, void *context) {
	const char *cursor = notes, *end = cursor + size;
	size_t mask = align == 8 ? 7 : 3;
	int result = 0;

	while ((size_t)(end - cursor) >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;

		memcpy(&head, cursor, sizeof(head));
		cursor += sizeof(head);
		size_t name_size = ((size_t)head.n_namesz + 3) & ~(size_t)3;
		if (name_size > (size_t)(end - cursor))
			return result;
		const char *name = cursor;
		cursor += name_size;
		/* Padding to 8 counts from the start of the notes. */
		size_t pad = (size_t)(-(uintptr_t)(cursor - (const char *)notes)) & mask;
		if (pad > (size_t)(end - cursor) || head.n_descsz > (size_t)(end - cursor) - pad)
			return result;
		cursor += pad;
		if (head.n_type == DLOPENNOTE_TYPE && head.n_namesz == 4 &&
			memcmp(name, "FDO", 4) == 0 &&
			dlopennote_parse(cursor, head.n_descsz, each, context) < 0)
			result = -EBADMSG;
		size_t desc_size = ((size_t)head.n_descsz + mask) & ~mask;
		if (desc_size >= (size_t)(end - cursor))
			return result;
		cursor += desc_size;
	}
	return result;
}
