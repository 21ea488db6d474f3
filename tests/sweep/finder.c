/* SPDX-License-Identifier: MIT */
/*
 * Asks the finder of hosts directly, of whatever files, and says how it answers: a line each, with
 * tabs between the file, what it was made to lack ("-": nothing), how many names it lacks, the
 * milliseconds of processor time that the answer took, and NAME=PROGRAM of each candidate.
 *     sweep_finder plugins FILE...        what each lacks as it is
 *     sweep_finder underlinked FILE...    as if each had been linked without one of its
 * dependencies What a file lacks is what nothing gives that it needs, however far away.
 */
#include <dltest/cleanup.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "clock.h"
#include "hostfile.h"
#include "hostindex.h"
#include "hostquery.h"
#include "hostsearch.h"

#define OBJECTS_MAX 16384

/* A library by the name under which it was looked for. */
struct object {
	char *name;
	char *path; /* NULL: there is none */
	struct hostfile file;
	unsigned visited;
};

static struct object objects[OBJECTS_MAX];
static size_t objects_count;
static unsigned visit;
static struct strv libraries, programs;

static bool open_file(const char *path, struct hostfile *file) {
	struct stat status;

	return stat(path, &status) == 0 && hostfile_init(path, &status, file) == 0 &&
	       file->elf.bytes;
}

/* Looks in one directory of a search path that begins with 'directory'. */
static bool try_directory(
	struct object *object, const char *directory, size_t length, const char *origin) {
	char path[PATH_MAX];
	bool is_origin = length >= 7 && strncmp(directory, "$ORIGIN", 7) == 0;

	if (is_origin)
		snprintf(path, sizeof(path), "%s%.*s/%s", origin, (int)length - 7, directory + 7,
			object->name);
	else
		snprintf(path, sizeof(path), "%.*s/%s", (int)length, directory, object->name);
	if (!open_file(path, &object->file))
		return false;
	object->path = strdup(path);
	return true;
}

static void locate(struct object *object, const struct hostfile *user, const char *origin) {
	const char *path = elfdyn_text(&user->elf, DT_RUNPATH, 0);

	if (!path)
		path = elfdyn_text(&user->elf, DT_RPATH, 0);
	while (path && *path) {
		size_t length = strcspn(path, ":");

		if (try_directory(object, path, length, origin))
			return;
		path += length + (path[length] == ':');
	}
	for (size_t i = 0; i < libraries.count; i++) {
		if (try_directory(object, libraries.items[i], strlen(libraries.items[i]), origin))
			return;
	}
}

static struct object *find_object(
	const char *name, const struct hostfile *user, const char *user_path) {
	char copy[PATH_MAX];

	for (size_t i = 0; i < objects_count; i++) {
		if (strcmp(objects[i].name, name) == 0)
			return &objects[i];
	}
	if (objects_count == OBJECTS_MAX)
		exit(2);
	struct object *object = &objects[objects_count++];
	object->name = strdup(name);
	snprintf(copy, sizeof(copy), "%s", user_path);
	locate(object, user, dirname(copy));
	return object;
}

/* Takes out of 'names' what 'file' needs gives, but for the dependency 'without'. */
static void take_given(
	struct strv *names, const struct hostfile *file, const char *path, const char *without) {
	const char *needed;

	for (size_t nth = 0; (needed = elfdyn_text(&file->elf, DT_NEEDED, nth)); nth++) {
		struct object *object;

		if (without && strcmp(needed, without) == 0)
			continue;
		object = find_object(needed, file, path);
		if (!object->path || object->visited == visit)
			continue;
		object->visited = visit;
		for (size_t i = 0; i < names->count; i++) {
			if (names->items[i][0] && hostfile_gives(&object->file, names->items[i]))
				names->items[i][0] = '\0';
		}
		take_given(names, &object->file, object->path, NULL);
	}
}

static void list_lacked(
	const struct hostfile *file, const char *path, const char *without, struct strv *lacked) {
	struct elfdyn_symbol symbol;
	struct strv names = {0};

	for (size_t i = 0; i < file->elf.symbols_count; i++) {
		if (elfdyn_symbol(&file->elf, i, &symbol) && symbol.is_wanted)
			strv_add(&names, symbol.name);
	}
	visit++;
	take_given(&names, file, path, without);
	for (size_t i = 0; i < names.count; i++) {
		if (names.items[i][0])
			strv_add_once(lacked, names.items[i]);
	}
	strv_fini(&names);
}

static double now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

static void ask(
	struct hostindex *index, const char *path, const char *without, const struct strv *names) {
	const struct hostquery query = {.kind = HOSTQUERY_PROGRAMS,
		.plugin = path,
		.names = names,
		.programs = &programs,
		.libraries = &libraries,
		.package_depth = 5};
	struct hostfinding finding;
	double start_ms = now_ms();

	hostindex_begin(index, clock_now_ms() + 60000);
	hostsearch_run(index, &query, &finding);
	printf("%s\t%s\t%zu\t%.1f%s", path, without ? without : "-", names->count,
		now_ms() - start_ms, finding.is_complete ? "" : "\tINCOMPLETE");
	for (size_t i = 0; i < finding.candidates_count; i++) {
		const struct hostcandidate *candidate = &finding.candidates[i];

		printf("\t%s%s=%s", candidate->by_entry ? "" : "~", candidate->name,
			candidate->program ? candidate->program : "");
	}
	printf("\n");
	hostfinding_fini(&finding);
}

static void ask_without_each(
	struct hostindex *index, const struct hostfile *file, const char *path) {
	const char *needed;

	for (size_t nth = 0; (needed = elfdyn_text(&file->elf, DT_NEEDED, nth)); nth++) {
		cleanup_strv struct strv lacked = {0};

		list_lacked(file, path, needed, &lacked);
		if (lacked.count > 0)
			ask(index, path, needed, &lacked);
	}
}

int main(int argc, char **argv) {
	static const char *const bins[] = {"/usr/local/bin", "/usr/bin", "/usr/local/sbin",
		"/usr/sbin", "/usr/local/libexec", "/usr/libexec"};
	static const char *const libs[] = {"/usr/local/lib", "/usr/lib/x86_64-linux-gnu",
		"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"};
	bool hostless = argc > 1 && strcmp(argv[1], "hostless") == 0;
	bool underlinked = hostless || (argc > 1 && strcmp(argv[1], "underlinked") == 0);
	struct hostindex *index = hostindex_new();

	for (size_t i = 0; !hostless && i < sizeof(bins) / sizeof(bins[0]); i++)
		strv_add(&programs, bins[i]);
	for (size_t i = 0; i < sizeof(libs) / sizeof(libs[0]); i++)
		strv_add(&libraries, libs[i]);
	for (int i = 2; i < argc; i++) {
		cleanup_strv struct strv lacked = {0};
		struct hostfile file;

		if (!open_file(argv[i], &file))
			continue;
		list_lacked(&file, argv[i], NULL, &lacked);
		if (underlinked && lacked.count == 0)
			ask_without_each(index, &file, argv[i]);
		else if (!underlinked && lacked.count > 0)
			ask(index, argv[i], NULL, &lacked);
		hostfile_fini(&file);
	}
	hostindex_free(index);
	return 0;
}
