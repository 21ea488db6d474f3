/* SPDX-License-Identifier: MIT */
#pragma once

/* Places with programs, libraries and plugins, copies of fixtures, and questions about them. */

#include <sys/stat.h>

#include "clock.h"
#include "hostindex.h"
#include "hostquery.h"
#include "hostsearch.h"
#include "strv.h"
#include "tempdir.h"

static struct strv names, programs, libraries;
static struct hostindex *hosts_index;

/* Copies a fixture of hosts/ to 'name' below the directory of the test; its path, which is valid
 * until the test ends. */
static inline const char *copy_host(const char *fixture, const char *name) {
	static char paths[16][512];
	static size_t next;
	char *path = paths[next++];
	char command[2048];

	cr_assert_leq(next, 16);
	snprintf(path, sizeof(paths[0]), "%s/%s", tempdir, name);

	snprintf(command, sizeof(command), "cp --remove-destination '%s/hosts/%s' '%s'",
		getenv("DLTEST_FIXTURES"), fixture, path);
	cr_assert_eq(system(command), 0, "%s", command);
	return path;
}

static inline void add_all(struct strv *strv, const char *const *texts) {
	for (; *texts; texts++)
		cr_assert_eq(strv_add(strv, *texts), 0);
}

/* A directory of programs 'bin', another one 'lib', and 'plugins'. */
static inline void make_hosts_world(void) {
	static const char *const lacked[] = {
		"dltest_api_10", "dltest_api_11", "dltest_api_12", "dltest_api_13", NULL};

	tempdir_make();
	/* Paths of answers have no symlinks. */
	char *real = realpath(tempdir, NULL);
	snprintf(tempdir, sizeof(tempdir), "%s", real);
	free(real);
	add_all(&names, lacked);
	strv_add(&programs, make_dir("bin"));
	strv_add(&libraries, make_dir("lib"));
	make_dir("plugins");
	hosts_index = hostindex_new();
	cr_assert_not_null(hosts_index);
}

static inline void remove_hosts_world(void) {
	hosts_index = hostindex_free(hosts_index);
	strv_fini(&names);
	strv_fini(&programs);
	strv_fini(&libraries);
	tempdir_remove();
}

/* Asks about the plugin, whose package has 3 directories; the first 'own_count' directories of
 * programs are its own. */
static inline struct hostfinding ask(
	enum hostquery_kind kind, const char *plugin, size_t own_count) {
	const struct hostquery query = {.kind = kind,
		.plugin = plugin,
		.names = &names,
		.programs = &programs,
		.own_count = own_count,
		.libraries = &libraries,
		.package_depth = 3};
	struct hostfinding finding;

	hostindex_begin(hosts_index, clock_now_ms() + 60000);
	hostsearch_run(hosts_index, &query, &finding);
	return finding;
}

static inline bool has(const struct strv *strv, const char *text) {
	for (size_t i = 0; i < strv->count; i++) {
		if (strcmp(strv->items[i], text) == 0)
			return true;
	}
	return false;
}
