/* SPDX-License-Identifier: MIT */
#include "strv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void strv_fini(struct strv *strv) {
	for (size_t i = 0; i < strv->count; i++)
		free(strv->items[i]);
	free(strv->items);
	*strv = (struct strv){0};
}

int strv_take(struct strv *strv, char *text) {
	if (!text)
		return -ENOMEM;
	/* Grows at 0, 1, 2, 4, 8 …: whenever the count is a power of two. */
	if ((strv->count & (strv->count - 1)) == 0) {
		size_t capacity = strv->count ? strv->count * 2 : 1;
		char **items = reallocarray(strv->items, capacity, sizeof(*items));

		if (!items) {
			free(text);
			return -ENOMEM;
		}
		strv->items = items;
	}
	strv->items[strv->count++] = text;
	return 0;
}

int strv_add(struct strv *strv, const char *text) {
	return strv_take(strv, strdup(text));
}

int strv_add_all(struct strv *strv, const struct strv *more) {
	int r = 0;

	for (size_t i = 0; i < more->count && r == 0; i++)
		r = strv_add(strv, more->items[i]);
	return r;
}

void strv_cut(struct strv *strv, size_t count) {
	/* The room stays, and must be what strv_take() takes it for. */
	while (strv->count > count)
		free(strv->items[--strv->count]);
}

static bool has(const struct strv *strv, const char *text) {
	for (size_t i = 0; i < strv->count; i++) {
		if (strcmp(strv->items[i], text) == 0)
			return true;
	}
	return false;
}

int strv_add_once(struct strv *strv, const char *text) {
	return has(strv, text) ? 0 : strv_add(strv, text);
}

static void take_out(struct strv *strv, size_t index) {
	char *text = strv->items[index];

	memmove(&strv->items[index], &strv->items[index + 1],
		(strv->count - index - 1) * sizeof(*strv->items));
	strv->items[strv->count - 1] = text;
	strv_cut(strv, strv->count - 1);
}

void strv_print(FILE *stream, const struct strv *strv) {
	fprintf(stream, "%zu;", strv->count);
	for (size_t i = 0; i < strv->count; i++)
		fprintf(stream, "%zu:%s", strlen(strv->items[i]), strv->items[i]);
}

int strv_make_last(struct strv *strv, const char *text, size_t max) {
	size_t same = 0;

	while (same < strv->count && strcmp(strv->items[same], text) != 0)
		same++;
	if (same < strv->count)
		take_out(strv, same);
	else if (strv->count > 0 && strv->count == max)
		take_out(strv, 0);
	return strv_add(strv, text);
}
