/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "hostexpand.h"
#include "hostmatch.h"
#include "hostsearch_parts.h"

/* Programs that no table knows the plugin to be of, and are tried all the same. */
#define BEST_MAX 2

/* The best programs so far, the one with the most names first. */
struct best {
	struct {
		const struct hostdir *dir;
		const char *path;
		size_t at;
		struct hostfound known;
	} items[BEST_MAX];
	size_t count;
};

/* What a program has to have to be one of the best. */
static size_t least_of(const struct hostsearch *search, const struct best *best) {
	size_t half = (search->query->names->count + 1) / 2;

	if (best->count == BEST_MAX && best->items[BEST_MAX - 1].known.has + 1 > half)
		return best->items[BEST_MAX - 1].known.has + 1;
	return half;
}

static bool is_same(const struct hostsearch *search, const struct hostdir *dir, size_t at,
	const struct best *best, size_t index) {
	const struct hostfile *one = hostindex_file(search->index, dir, at);
	const struct hostfile *other =
		hostindex_file(search->index, best->items[index].dir, best->items[index].at);

	return one && other && stamp_equals(&one->stamp, &other->stamp);
}

static void put(struct best *best, const struct hostdir *dir, const char *path, size_t at,
	const struct hostfound *known) {
	size_t place = best->count < BEST_MAX ? best->count++ : BEST_MAX - 1;

	for (; place > 0 && best->items[place - 1].known.has < known->has; place--)
		best->items[place] = best->items[place - 1];
	best->items[place].dir = dir;
	best->items[place].path = path;
	best->items[place].at = at;
	best->items[place].known = *known;
}

static void look_through(
	struct hostsearch *search, const char *path, bool is_own, size_t order, struct best *best) {
	const struct hostdir *dir = hostindex_dir(search->index, path);

	for (size_t i = 0; dir && i < hostdir_count(dir) && !hostindex_is_over(search->index);
		i++) {
		const struct hostfile *file =
			hostdir_is_alias(dir, i) ? NULL : hostindex_file(search->index, dir, i);
		struct hostfound known = {.order = order, .is_own = is_own};

		if (!file || !file->is_program || (!is_own && file->exports < HOSTFILE_EXPORTS_MIN))
			continue;
		known.has = hostindex_count(
			search->index, file, search->query->names, least_of(search, best));
		if (known.has == 0 || (best->count > 0 && is_same(search, dir, i, best, 0)))
			continue;
		known.host = hostmatch_program(hostdir_name(dir, i));
		put(best, dir, path, i, &known);
	}
}

/* All places of the table's hosts, besides the usual directories. */
static int list_places(struct hostsearch *search, struct strv *places) {
	char pattern[256];
	int r = 0;

	for (size_t i = 0; i < hosttable_count && r == 0; i++) {
		for (size_t word = 0; r == 0 && hosttable_get_word(hosttable[i].places, word,
							pattern, sizeof(pattern));
			word++)
			r = hostindex_expand(
				search->index, pattern, places, &search->finding->searched);
	}
	return r;
}

/* The most names that any library with a SONAME gives, if at least 'least'. What was linked with
 * such a library would have them: no program is needed to explain that they are lacked. Which
 * library it is decides, so that it is told as searched. */
static int count_in_libraries(struct hostsearch *search, size_t least, size_t *ret_count) {
	const struct hostquery *query = search->query;
	int r = 0;

	*ret_count = 0;
	for (size_t i = 0; i < query->libraries->count && r == 0; i++) {
		const struct hostdir *dir =
			hostindex_dir(search->index, query->libraries->items[i]);

		r = strv_add_once(&search->finding->searched, query->libraries->items[i]);
		for (size_t at = 0; dir && at < hostdir_count(dir); at++) {
			const struct hostfile *file =
				hostdir_is_alias(dir, at) ? NULL
							  : hostindex_file(search->index, dir, at);
			size_t count = file && file->soname ? hostindex_count(search->index, file,
								      query->names, least)
							    : 0;

			if (count > *ret_count)
				*ret_count = count;
			if (*ret_count == query->names->count || hostindex_is_over(search->index))
				return r;
		}
	}
	return r;
}

int hostsearch_by_names(struct hostsearch *search) {
	const struct strv *programs = search->query->programs;
	struct strv places = {0};
	struct best best = {0};
	size_t in_libraries = 0;

	int r = list_places(search, &places);
	for (size_t i = 0; i < programs->count && r == 0; i++) {
		r = strv_add_once(&search->finding->searched, programs->items[i]);
		look_through(search, programs->items[i], i < search->query->own_count, i, &best);
	}
	for (size_t i = 0; i < places.count && r == 0; i++)
		look_through(search, places.items[i], false, programs->count + i, &best);
	if (r == 0 && best.count > 0)
		r = count_in_libraries(search, best.items[best.count - 1].known.has, &in_libraries);
	for (size_t i = 0; i < best.count && r == 0; i++) {
		if (best.items[i].known.has > in_libraries)
			r = hostsearch_take(search, best.items[i].dir, best.items[i].path,
				best.items[i].at, &best.items[i].known);
	}
	strv_fini(&places);
	return r;
}
