/* SPDX-License-Identifier: MIT */
#include "recall_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/reasons.h>

#include "host.h"

enum tag {
	TAG_NAME = 'h',
	TAG_PROGRAM = 'H',
	TAG_SYMBOLS = 'n',
	TAG_LACKS = 'k',
	TAG_UNCHECKED = 'u',
	TAG_AFTER = 'a',
	TAG_CALLED = 'C',
	TAG_THEN = 't',
};

static void put(FILE *stream, enum tag tag, const char *text) {
	if (!text)
		return;
	fputc((int)tag, stream);
	fputs(text, stream);
	fputc('\0', stream);
}

static void put_list(FILE *stream, enum tag tag, const struct strv *list) {
	for (size_t i = 0; i < list->count; i++)
		put(stream, tag, list->items[i]);
}

static void put_count(FILE *stream, enum tag tag, size_t count) {
	char text[24];

	snprintf(text, sizeof(text), "%zu", count);
	put(stream, tag, text);
}

void recall_host_put(FILE *stream, const struct host *host) {
	if (!host)
		return;
	put(stream, TAG_NAME, host->name);
	put(stream, TAG_PROGRAM, host->program);
	put_count(stream, TAG_SYMBOLS, host->symbols);
	put_count(stream, TAG_LACKS, host->lacks);
	put_list(stream, TAG_UNCHECKED, &host->unchecked);
	put_list(stream, TAG_AFTER, &host->after);
	put(stream, TAG_CALLED, host->called);
	put(stream, TAG_THEN, host->then);
}

bool recall_host_has(char tag) {
	static const char tags[] = {TAG_NAME, TAG_PROGRAM, TAG_SYMBOLS, TAG_LACKS, TAG_UNCHECKED,
		TAG_AFTER, TAG_CALLED, TAG_THEN};

	return memchr(tags, tag, sizeof(tags)) != NULL;
}

static int set(char **text, const char *value) {
	free(*text);
	*text = strdup(value);
	return *text ? 0 : -ENOMEM;
}

static int set_count(size_t *count, const char *text) {
	char *end;

	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return -EBADMSG;
	*count = (size_t)value;
	return 0;
}

/* It is a word of the protocol, which is a constant. */
static int set_then(struct host *host, const char *text) {
	for (unsigned i = 0; i < DLTEST_REASON_COUNT_; i++) {
		const char *name = dltest_reason_name((enum dltest_reason)i);

		if (name && strcmp(name, text) == 0) {
			host->then = name;
			return 0;
		}
	}
	return -EBADMSG;
}

int recall_host_take(struct host **host, char tag, const char *text) {
	if (!*host)
		*host = host_new();
	if (!*host)
		return -ENOMEM;
	switch (tag) {
	case TAG_NAME:
		return set(&(*host)->name, text);
	case TAG_PROGRAM:
		return set(&(*host)->program, text);
	case TAG_SYMBOLS:
		return set_count(&(*host)->symbols, text);
	case TAG_LACKS:
		return set_count(&(*host)->lacks, text);
	case TAG_UNCHECKED:
		return strv_add(&(*host)->unchecked, text);
	case TAG_AFTER:
		return strv_add(&(*host)->after, text);
	case TAG_CALLED:
		return set(&(*host)->called, text);
	case TAG_THEN:
		return set_then(*host, text);
	default:
		return -EBADMSG;
	}
}

bool recall_host_is_sound(char tag, const char *text) {
	struct host *host = NULL;
	int r = recall_host_take(&host, tag, text);

	host_free(host);
	return r != -EBADMSG;
}
