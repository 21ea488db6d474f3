/* SPDX-License-Identifier: MIT */
#include "hostsearch.h"

#include <dltest/cleanup.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hostexpand.h"
#include "hostmatch.h"
#include "hostsearch_parts.h"

/* What is a host of plugins of plugins alone, what is closer to the plugin, what has more of the
 * names, or its version; then in the order of the directories, and the newest in each. */
static int compare_found(const void *one, const void *other) {
	const struct hostfound *a = one, *b = other;

	if (!a->via != !b->via)
		return a->via ? -1 : 1;
	if (a->by_entry != b->by_entry)
		return a->by_entry ? -1 : 1;
	if (a->is_own != b->is_own)
		return a->is_own ? -1 : 1;
	if (a->has != b->has)
		return a->has > b->has ? -1 : 1;
	if (a->kinship != b->kinship)
		return a->kinship > b->kinship ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return strverscmp(b->path, a->path);
}

static const char *name_of(const struct hostfound *found) {
	return found->host ? found->host->name : strrchr(found->path, '/') + 1;
}

static int tell_programs(struct hostsearch *search) {
	struct hostfinding *finding = search->finding;
	int r = 0;

	if (search->found_count > 0)
		qsort(search->found, search->found_count, sizeof(search->found[0]), compare_found);
	for (size_t i = 0; i < search->found_count && r == 0; i++) {
		const struct hostfound *found = &search->found[i];

		r = found->via
			    ? hostfinding_add_via(finding, name_of(found), found->path, found->via)
			    : hostfinding_add(
				      finding, name_of(found), found->path, found->by_entry);
	}
	for (size_t i = 0; i < finding->candidates_count && r == 0; i++)
		r = strv_add_once(&finding->searched, finding->candidates[i].program);
	return r;
}

static int tell_absent(struct hostsearch *search) {
	const struct host *absent = search->absent;
	char name[128], via[128];

	if (hosttable_get_word(absent->via, 0, via, sizeof(via)))
		snprintf(name, sizeof(name), "%s with %s", absent->name, strrchr(via, '/') + 1);
	else
		snprintf(name, sizeof(name), "%s%s%s", absent->name, search->version[0] ? " " : "",
			search->version);
	return hostfinding_add(search->finding, name, NULL, true);
}

/* Whether a program has so many of the names. */
static bool has_some(const struct hostsearch *search, size_t least) {
	for (size_t i = 0; i < search->found_count; i++) {
		if (search->found[i].has >= least)
			return true;
	}
	return false;
}

static int find_programs(struct hostsearch *search) {
	size_t all = search->query->names->count;
	int r = hostsearch_by_table(search);

	/* The rest is in libraries of a host that has half of them, or in nothing. */
	if (r == 0 && search->vias.count == 0 && !has_some(search, (all + 1) / 2) &&
		!hostfile_has_version(&search->plugin) && !hostmatch_is_certain(&search->plugin))
		r = hostsearch_by_names(search);
	if (r < 0)
		return r;
	/* What has a part of the names may be anything, where the plugin itself names its host. */
	if (search->absent && !has_some(search, all))
		return tell_absent(search);
	return tell_programs(search);
}

static int open_plugin(struct hostsearch *search) {
	struct stat status;

	if (stat(search->query->plugin, &status) < 0)
		return -errno;
	int r = hostfile_init(search->query->plugin, &status, &search->plugin);
	return r == 0 && !search->plugin.elf.bytes ? -ENOEXEC : r;
}

/* The directories of the query, with those that its patterns are for in their places. */
static int expand(struct hostsearch *search, const struct hostquery *query, struct strv *programs,
	struct hostquery *ret_query) {
	int r = 0;

	*ret_query = *query;
	ret_query->programs = programs;
	for (size_t i = 0; i < query->programs->count && r == 0; i++) {
		r = hostindex_expand(search->index, query->programs->items[i], programs,
			&search->finding->searched);
		if (i + 1 == query->own_count)
			ret_query->own_count = programs->count;
	}
	return r;
}

void hostsearch_run(
	struct hostindex *index, const struct hostquery *query, struct hostfinding *ret_finding) {
	cleanup_strv struct strv programs = {0};
	struct hostquery expanded;
	struct hostsearch search = {.index = index, .query = &expanded, .finding = ret_finding};

	*ret_finding = (struct hostfinding){0};
	int r = expand(&search, query, &programs, &expanded);
	if (r == 0)
		r = query->names->count > 0 ? open_plugin(&search) : -EINVAL;
	if (r == 0)
		r = query->kind == HOSTQUERY_PROGRAMS ? find_programs(&search)
						      : hostsearch_siblings(&search);
	ret_finding->is_complete = r == 0 && hostindex_is_whole(index);
	for (size_t i = 0; i < search.found_count; i++)
		free(search.found[i].path);
	strv_fini(&search.vias);
	hostfile_fini(&search.plugin);
}
