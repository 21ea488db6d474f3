/* SPDX-License-Identifier: MIT */
#include <dltest/cleanup.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostexpand.h"
#include "hostsearch_parts.h"

/* Whether the directory is one of those where libraries are that have nothing to do with each
 * other. */
static bool is_of_the_system(const struct hostquery *query, const char *path) {
	for (size_t i = 0; i < query->libraries->count; i++) {
		if (strcmp(query->libraries->items[i], path) == 0)
			return true;
	}
	return false;
}

/* The number of the names that are left, and that 'file' gives; if 'is_left' is to be changed, none
 * of these is left then. */
static size_t count_left(const struct hostsearch *search, const struct hostfile *file,
	bool *is_left, bool *changed) {
	const struct strv *names = search->query->names;
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (!is_left[i] || !hostfile_gives(file, names->items[i]))
			continue;
		count++;
		if (changed)
			changed[i] = false;
	}
	return count;
}

/* The file of the directory that gives the most of what is left; false if none gives any. */
static bool find_best(
	struct hostsearch *search, const struct hostdir *dir, bool *is_left, size_t *ret_at) {
	size_t most = 0;

	for (size_t i = 0; i < hostdir_count(dir) && !hostindex_is_over(search->index); i++) {
		const struct hostfile *file =
			hostdir_is_alias(dir, i) ? NULL : hostindex_file(search->index, dir, i);

		if (!file || file->is_program || stamp_equals(&file->stamp, &search->plugin.stamp))
			continue;
		size_t count = count_left(search, file, is_left, NULL);
		if (count > most) {
			most = count;
			*ret_at = i;
		}
	}
	return most > 0;
}

static bool is_any_left(const struct hostsearch *search, const bool *is_left) {
	for (size_t i = 0; i < search->query->names->count; i++) {
		if (is_left[i])
			return true;
	}
	return false;
}

static int take_siblings(
	struct hostsearch *search, const struct hostdir *dir, const char *path, bool *is_left) {
	struct strv *siblings = &search->finding->siblings;
	size_t at = 0;
	int r = 0;

	while (r == 0 && siblings->count < HOSTFINDING_SIBLINGS_MAX &&
		find_best(search, dir, is_left, &at)) {
		char *sibling;

		if (asprintf(&sibling, "%s/%s", path, hostdir_name(dir, at)) < 0)
			return -ENOMEM;
		r = strv_take(siblings, sibling);
		(void)count_left(search, hostindex_file(search->index, dir, at), is_left, is_left);
	}
	return r;
}

/* The directory that 'path' is in; NULL if out of memory, or for what is in none. */
static char *above(const char *path) {
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* Where plugins of the same host may lie: beside it, further down (zsh's net/tcp.so), or one up
 * (what doveadm/ has adds to a plugin of Dovecot's). */
static int list_places(struct hostsearch *search, struct strv *places) {
	cleanup_free char *own = above(search->query->plugin), *parent = own ? above(own) : NULL,
			  *pattern = NULL;

	if (!own || is_of_the_system(search->query, own))
		return 0;
	if (asprintf(&pattern, "%s/*", own) < 0) {
		pattern = NULL;
		return -ENOMEM;
	}
	int r = strv_add(places, own);
	if (r == 0)
		r = hostindex_expand(search->index, pattern, places, &search->finding->searched);
	if (r == 0 && parent && !is_of_the_system(search->query, parent))
		r = strv_add_once(places, parent);
	return r;
}

int hostsearch_siblings(struct hostsearch *search) {
	const size_t names_count = search->query->names->count;
	cleanup_free bool *is_left = malloc(names_count * sizeof(*is_left));
	struct strv *searched = &search->finding->searched;
	cleanup_strv struct strv places = {0};

	int r = is_left ? list_places(search, &places) : -ENOMEM;
	for (size_t i = 0; is_left && i < names_count; i++)
		is_left[i] = true;
	for (size_t i = 0; i < places.count && r == 0 && is_any_left(search, is_left); i++) {
		const struct hostdir *dir = hostindex_dir(search->index, places.items[i]);

		r = strv_add_once(searched, places.items[i]);
		if (r == 0 && dir)
			r = take_siblings(search, dir, places.items[i], is_left);
	}
	for (size_t i = 0; i < search->finding->siblings.count && r == 0; i++)
		r = strv_add_once(searched, search->finding->siblings.items[i]);
	return r;
}
