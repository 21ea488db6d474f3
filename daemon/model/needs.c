/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hashtable.h"

#define TEXTS_COUNT 4

/* The texts of a need, each with a byte before it that says whether it is there. A trace may have
 * many thousands, of names that its library has chosen: without a table, finding out whether one is
 * there already would keep the daemon from everything else. */
struct needs_texts {
	UT_hash_handle hh; /* needs.known, by 'bytes' */
	size_t size;
	char bytes[];
};

/* Appends 'text' at *end; returns where it is now, or NULL for none. */
static const char *put(char **end, const char *text) {
	char *copy = *end + 1;

	**end = text != NULL;
	if (!text) {
		++*end;
		return NULL;
	}
	size_t size = strlen(text) + 1;
	memcpy(copy, text, size);
	*end = copy + size;
	return copy;
}

/* The texts in one piece, and 'ret_need' that points into them. The caller frees them; NULL when
 * there is no memory. */
static struct needs_texts *make_texts(const char *const from[TEXTS_COUNT], struct need *ret_need) {
	size_t size = TEXTS_COUNT;

	for (size_t i = 0; i < TEXTS_COUNT; i++)
		size += from[i] ? strlen(from[i]) + 1 : 0;
	struct needs_texts *texts = calloc(1, sizeof(*texts) + size);
	if (!texts)
		return NULL;
	char *end = texts->bytes;
	texts->size = size;
	*ret_need = (struct need){0};
	ret_need->name = put(&end, from[0]);
	ret_need->version = put(&end, from[1]);
	ret_need->needed_by = put(&end, from[2]);
	ret_need->provider = put(&end, from[3]);
	return texts;
}

static bool has(const struct needs *needs, const struct needs_texts *texts) {
	struct needs_texts *known;

	HASH_FIND(hh, needs->known, texts->bytes, texts->size, known);
	return known != NULL;
}

static int make_room(struct needs *needs) {
	if (needs->count < needs->capacity)
		return 0;
	size_t capacity = needs->capacity ? needs->capacity * 2 : 8;
	struct need *items = reallocarray(needs->items, capacity, sizeof(*items));
	if (!items)
		return -ENOMEM;
	needs->items = items;
	needs->capacity = capacity;
	return 0;
}

/* Takes over 'texts', which 'need' points into. Returns 0 or -ENOMEM. */
static int take(struct needs *needs, struct needs_texts *texts, const struct need *need) {
	if (make_room(needs) < 0) {
		free(texts);
		return -ENOMEM;
	}
	needs->items[needs->count] = *need;
	needs->items[needs->count++].texts = texts;
	needs->text_size += texts->size;
	return 0;
}

int needs_append(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider) {
	const char *const from[TEXTS_COUNT] = {name, version, needed_by, provider};
	struct need need;
	struct needs_texts *texts = make_texts(from, &need);

	return texts ? take(needs, texts, &need) : -ENOMEM;
}

int needs_add(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider) {
	const char *const from[TEXTS_COUNT] = {name, version, needed_by, provider};
	struct need need;
	struct needs_texts *texts = make_texts(from, &need);

	if (texts && has(needs, texts)) {
		free(texts);
		return 0;
	}
	if (!texts || take(needs, texts, &need) < 0)
		return -ENOMEM;
	HASH_ADD_KEYPTR(hh, needs->known, texts->bytes, texts->size, texts);
	return hashtable_has(&texts->hh) ? 0 : -ENOMEM;
}

bool needs_has(const struct needs *needs, const char *name) {
	const char *const from[TEXTS_COUNT] = {name};
	struct need need;
	struct needs_texts *texts = needs->known ? make_texts(from, &need) : NULL;
	bool found = texts && has(needs, texts);

	free(texts);
	return found;
}

char *needs_symbol(const struct need *need) {
	const char *between = need->provider ? " in " : ", version ";
	const char *after = need->provider ? need->provider : need->version;
	char *text;

	if (!after)
		return strdup(need->name);
	return asprintf(&text, "%s%s%s", need->name, between, after) < 0 ? NULL : text;
}

void needs_cut(struct needs *needs, size_t count) {
	HASH_CLEAR(hh, needs->known);
	while (needs->count > count) {
		struct need *last = &needs->items[--needs->count];

		needs->text_size -= last->texts->size;
		strv_fini(&last->available);
		free(last->texts);
	}
}

void needs_fini(struct needs *needs) {
	needs_cut(needs, 0);
	free(needs->items);
	*needs = (struct needs){0};
}
