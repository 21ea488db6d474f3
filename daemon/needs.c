/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <errno.h>
#include <stdbool.h>
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

int needs_append(struct needs *needs, const char *name) {
	struct need *items = reallocarray(needs->items, needs->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	needs->items = items;
	items[needs->count] = (struct need){.name = strdup(name)};
	if (!items[needs->count].name)
		return -ENOMEM;
	needs->count++;
	return 0;
}

int needs_add(struct needs *needs, const char *name, const char *version, const char *needed_by,
	const char *provider) {
	for (size_t i = 0; i < needs->count; i++) {
		const struct need *known = &needs->items[i];

		if (equals(known->name, name) && equals(known->version, version) &&
			equals(known->needed_by, needed_by) && equals(known->provider, provider))
			return 0;
	}
	int r = needs_append(needs, name);
	if (r < 0)
		return r;
	struct need *need = &needs->items[needs->count - 1];
	if (copy(version, &need->version) < 0 || copy(needed_by, &need->needed_by) < 0 ||
		copy(provider, &need->provider) < 0) {
		need_fini(need);
		needs->count--;
		return -ENOMEM;
	}
	return 0;
}

void needs_fini(struct needs *needs) {
	for (size_t i = 0; i < needs->count; i++)
		need_fini(&needs->items[i]);
	free(needs->items);
	*needs = (struct needs){0};
}
