/* SPDX-License-Identifier: MIT */
#include <dltest/cleanup.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostexpand.h"
#include "hostmatch.h"
#include "hostpackage.h"
#include "hostsearch_parts.h"

/* Whether the name of a file has the version that is wanted, and no other: "python3.1" is not the
 * beginning of "python3.11". */
static bool has_version(const char *name, const char *beginning, const char *version) {
	size_t before = strlen(beginning), length = strlen(version);

	if (strncmp(name, beginning, before) != 0)
		return false;
	return length == 0 ||
	       (strncmp(name + before, version, length) == 0 &&
		       (name[before + length] == '\0' || name[before + length] == '.'));
}

static bool is_program_of(
	const struct hostsearch *search, const struct host *host, const char *name) {
	return hosttable_names_file(host->programs, name) &&
	       (!host->is_tagged || search->version[0] == '\0' ||
		       has_version(name, "python", search->version));
}

static bool is_library_of(
	const struct hostsearch *search, const struct host *host, const char *name) {
	return hosttable_names_file(host->libraries, name) &&
	       (!host->is_tagged || search->version[0] == '\0' ||
		       has_version(name, "libpython", search->version));
}

typedef bool (*is_of_fn)(
	const struct hostsearch *search, const struct host *host, const char *name);

/* Takes what is of the host in a directory: all of its programs, but only such libraries as give
 * some of the names. */
static int take_of_dir(struct hostsearch *search, const struct hostfound *known, const char *path,
	is_of_fn is_of) {
	const struct hostdir *dir = hostindex_dir(search->index, path);
	struct hostfound found = *known;
	int r = strv_add_once(&search->finding->searched, path);

	for (size_t i = 0; dir && r == 0 && i < hostdir_count(dir); i++) {
		if (!is_of(search, known->host, hostdir_name(dir, i)))
			continue;
		const struct hostfile *file = hostindex_file(search->index, dir, i);
		if (!file || (is_of == is_program_of && !file->is_program))
			continue;
		found.has = hostindex_count(search->index, file, search->query->names, 0);
		if (is_of == is_program_of || found.has > 0)
			r = hostsearch_take(search, dir, path, i, &found);
	}
	return r;
}

static int take_programs(struct hostsearch *search, struct hostfound *known) {
	cleanup_strv struct strv places = {0};
	const struct hostquery *query = search->query;
	char pattern[256];
	int r = 0;

	for (size_t i = 0; i < query->programs->count && r == 0; i++) {
		known->order = i;
		known->is_own = i < query->own_count;
		r = take_of_dir(search, known, query->programs->items[i], is_program_of);
	}
	for (size_t i = 0;
		r == 0 && hosttable_get_word(known->host->places, i, pattern, sizeof(pattern)); i++)
		r = hostindex_expand(search->index, pattern, &places, &search->finding->searched);
	known->is_own = false;
	for (size_t i = 0; i < places.count && r == 0; i++) {
		known->order = query->programs->count + i;
		r = take_of_dir(search, known, places.items[i], is_program_of);
	}
	return r;
}

/* The libraries of a program in .../bin are in .../lib, as others are not. */
static int take_own_libraries(struct hostsearch *search, struct hostfound *known) {
	const struct hostquery *query = search->query;
	char path[PATH_MAX];
	int r = 0;

	known->is_own = true;
	for (size_t i = 0; i < query->own_count && i < query->programs->count && r == 0; i++) {
		const char *programs = query->programs->items[i];
		size_t length = strlen(programs);

		if (length < 4 || length + 1 > sizeof(path) ||
			strcmp(programs + length - 4, "/bin") != 0)
			continue;
		snprintf(path, sizeof(path), "%.*slib", (int)length - 3, programs);
		known->order = i;
		r = take_of_dir(search, known, path, is_library_of);
	}
	known->is_own = false;
	return r;
}

/* Where the program has its symbols from a library, that stands for it. */
static int take_libraries(struct hostsearch *search, struct hostfound *known) {
	const struct strv *libraries = search->query->libraries;
	int r = take_own_libraries(search, known);

	for (size_t i = 0; i < libraries->count && r == 0; i++) {
		known->order = i;
		r = take_of_dir(search, known, libraries->items[i], is_library_of);
	}
	return r;
}

/* Whether any of the programs since the first 'before' gives some of the names. */
static bool gives_some(const struct hostsearch *search, size_t before) {
	for (size_t i = before; i < search->found_count; i++) {
		if (search->found[i].has > 0)
			return true;
	}
	return false;
}

/* The first of the files that the host's pattern is for; NULL if none is there. */
static int find_via(struct hostsearch *search, const struct host *host, const char **ret_via) {
	cleanup_strv struct strv files = {0};
	char pattern[256];
	int r = 0;

	*ret_via = NULL;
	for (size_t i = 0; r == 0 && hosttable_get_word(host->via, i, pattern, sizeof(pattern));
		i++)
		r = hostindex_expand(search->index, pattern, &files, &search->finding->searched);
	for (size_t i = 0; i < files.count && r == 0 && !*ret_via; i++) {
		char *path = realpath(files.items[i], NULL);

		if (!path)
			continue;
		r = strv_add_once(&search->finding->searched, path);
		if (r < 0)
			free(path);
		else
			r = strv_take(&search->vias, path);
		if (r == 0)
			*ret_via = path;
	}
	return r;
}

static int take_host(struct hostsearch *search, const struct host *host, bool by_entry) {
	struct hostfound known = {.host = host, .by_entry = by_entry};
	size_t before = search->found_count;

	int r = find_via(search, host, &known.via);
	if (r < 0 || (host->via && !known.via))
		return r;
	if (!hostmatch_version(
		    host, search->query->plugin, search->version, sizeof(search->version)))
		search->version[0] = '\0';
	r = take_programs(search, &known);
	if (r == 0 && host->libraries && !gives_some(search, before))
		r = take_libraries(search, &known);
	return r;
}

static bool is_found(const struct hostsearch *search, const struct host *host) {
	for (size_t i = 0; i < search->found_count; i++) {
		if (search->found[i].host == host)
			return true;
	}
	return false;
}

/* A library of a package has no entry, where an extension beside it has that needs it. */
static int take_host_of_package(struct hostsearch *search) {
	bool is_all = false;
	const struct host *host = hostmatch_package(search->query->names, &is_all);
	int r = 0;

	if (!host || !hostpackage_has(search->query, &search->finding->searched, &r))
		return r;
	r = take_host(search, host, is_all);
	if (r == 0 && is_all && !is_found(search, host))
		search->absent = host;
	return r;
}

int hostsearch_by_table(struct hostsearch *search) {
	const struct host *hosts[HOSTMATCH_MAX];
	int r = 0;

	size_t count = hostmatch_find(&search->plugin, search->query->names, hosts);
	for (size_t i = count; i > 0 && r == 0; i--)
		r = take_host(search, hosts[i - 1], true);
	if (r == 0 && count == 0)
		return take_host_of_package(search);
	if (count > 0 && !is_found(search, hosts[0]))
		search->absent = hosts[0];
	/* What goes by the plugin's own name goes before the family of most of what it lacks. */
	for (size_t i = 0; i < count; i++) {
		if (hosts[i]->via && !is_found(search, hosts[i]))
			search->absent = hosts[i];
	}
	return r;
}
