/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool equals(const char *one, const char *other) {
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static int copy(const char *text, char **ret_copy) {
	*ret_copy = text ? strdup(text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

static void need_fini(struct need *need) {
	free(need->name);
	free(need->version);
	free(need->needed_by);
	free(need->provider);
	strv_fini(&need->available);
	*need = (struct need){0};
}

static bool is_same(const struct need *one, const struct need *other) {
	return equals(one->name, other->name) && equals(one->version, other->version) &&
	       equals(one->needed_by, other->needed_by) && equals(one->provider, other->provider);
}

/* FNV-1a, with a byte that no text has between the texts. */
static uint64_t hash_text(uint64_t hash, const char *text) {
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ (text ? 0xffu : 0xfeu)) * 0x100000001b3u;
}

static uint64_t hash_of(const struct need *need) {
	uint64_t hash = hash_text(0xcbf29ce484222325u, need->name);

	hash = hash_text(hash, need->version);
	hash = hash_text(hash, need->needed_by);
	return hash_text(hash, need->provider);
}

/* The slot that 'need' has, or would have. There are slots, and one of them is free. */
static size_t *find_slot(const struct needs *needs, const struct need *need) {
	size_t at = (size_t)hash_of(need) & (needs->slots_count - 1);

	while (needs->slots[at] && !is_same(&needs->items[needs->slots[at] - 1], need))
		at = (at + 1) & (needs->slots_count - 1);
	return &needs->slots[at];
}

/* A trace may have many thousands, of names that its library has chosen: without slots, finding out
 * whether one is there already would keep the daemon from everything else. */
static int make_room(struct needs *needs) {
	if (needs->count * 2 < needs->slots_count)
		return 0;
	size_t slots_count = needs->slots_count ? needs->slots_count * 2 : 16;
	struct need *items = reallocarray(needs->items, slots_count / 2, sizeof(*items));
	if (!items)
		return -ENOMEM;
	needs->items = items;
	size_t *slots = calloc(slots_count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(needs->slots);
	needs->slots = slots;
	needs->slots_count = slots_count;
	for (size_t i = 0; i < needs->count; i++)
		*find_slot(needs, &needs->items[i]) = i + 1;
	return 0;
}

static size_t text_size(const struct need *need) {
	const char *const texts[] = {need->name, need->version, need->needed_by, need->provider};
	size_t size = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		size += texts[i] ? strlen(texts[i]) + 1 : 0;
	return size;
}

int needs_add(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider) {
	struct need need = {0};

	if (copy(name, &need.name) < 0 || copy(version, &need.version) < 0 ||
		copy(needed_by, &need.needed_by) < 0 || copy(provider, &need.provider) < 0 ||
		make_room(needs) < 0) {
		need_fini(&need);
		return -ENOMEM;
	}
	size_t *slot = find_slot(needs, &need);
	if (*slot) {
		need_fini(&need);
		return 0;
	}
	needs->text_size += text_size(&need);
	needs->items[needs->count++] = need;
	*slot = needs->count;
	return 0;
}

bool needs_has(const struct needs *needs, const char *name) {
	union {
		const char *in;
		char *out; /* nothing changes it */
	} text = {name};
	struct need need = {.name = text.out};

	return needs->slots && *find_slot(needs, &need) != 0;
}

void needs_fini(struct needs *needs) {
	for (size_t i = 0; i < needs->count; i++)
		need_fini(&needs->items[i]);
	free(needs->items);
	free(needs->slots);
	*needs = (struct needs){0};
}
