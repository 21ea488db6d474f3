/* SPDX-License-Identifier: MIT */
#include "survey.h"

#include <dltest/fact.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bringer.h"
#include "facts.h"
#include "listing.h"
#include "loader_abi.h"
#include "nearby.h"
#include "runpath.h"
#include "setup.h"
#include "wheel.h"

/* Names that are looked for, those that what was found lacks in turn included. */
#define WANTED_MAX 256
/* Directories, and files of which what they call themselves may count. What rests on more is not
 * remembered. */
#define TOLD_DIRECTORIES_MAX 256
#define TOLD_FILES_MAX	     128

/* Names that are looked for, each with the directory of who needs it. */
static struct {
	struct {
		const char *name, *directory;
	} items[WANTED_MAX];
	size_t count;
	bool is_cut;
} wanted;

static void want(const char *name, const char *directory) {
	/* A name with a slash is a path, which is not searched for. */
	if (!name[0] || strchr(name, '/'))
		return;
	for (size_t i = 0; i < wanted.count; i++) {
		if (strcmp(wanted.items[i].name, name) == 0)
			return;
	}
	if (wanted.count == WANTED_MAX) {
		wanted.is_cut = true;
		return;
	}
	wanted.items[wanted.count].name = name;
	wanted.items[wanted.count++].directory = directory;
}

/* What the dynamic linker finds by its name: first beside who needs it. */
static struct listing_file *find_by_name(const char *name, const char *directory) {
	struct listing_file *found = NULL;
	size_t count;
	struct listing_file *files = listing_files(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(files[i].name, name) != 0)
			continue;
		if (directory && strcmp(files[i].directory->path, directory) == 0)
			return &files[i];
		if (!found)
			found = &files[i];
	}
	return found;
}

/* What whoever loads it may have loaded before, under whatever name. */
static struct listing_file *find_by_soname(const char *name) {
	size_t count;
	struct listing_file *files = listing_files(&count);

	for (size_t i = 0; i < count; i++) {
		listing_read(&files[i]);
		if (files[i].is_library && files[i].soname && strcmp(files[i].soname, name) == 0)
			return &files[i];
	}
	return NULL;
}

/* A name that may be found without the package. */
struct need {
	const char *name;
	bool is_there;
};

static void look_in_element(void *context, const struct runpath_element *element) {
	struct need *need = context;
	char path[PATH_MAX];

	if (!need->is_there && element->kind == RUNPATH_DIRECTORY &&
		snprintf(path, sizeof(path), "%s/%s", element->text, need->name) < PATH_MAX)
		need->is_there = access(path, F_OK) == 0;
}

/* What is searched for everybody: the system's directories. */
static void look_in_roots(const struct setup *setup, struct need *need) {
	for (size_t i = 0; i < setup->roots_count && !need->is_there; i++) {
		const struct runpath_element element = {.text = setup->roots[i]};

		look_in_element(need, &element);
	}
}

/* Whether the dynamic linker finds what 'file' needs under this name by itself. */
static bool is_found_anyway(
	const struct setup *setup, const struct listing_file *file, const char *name) {
	const char *searched = getenv("LD_LIBRARY_PATH");
	struct need need = {.name = name};
	char path[PATH_MAX];

	if (!listing_path(file, path))
		return false;
	if (file->search_path)
		runpath_split(path, file->search_path, look_in_element, &need);
	runpath_split(path, searched ? searched : "", look_in_element, &need);
	look_in_roots(setup, &need);
	return need.is_there;
}

static void want_needs_of(const struct setup *setup, struct listing_file *file) {
	listing_read(file);
	for (const char *name = file->needed; *name; name += strlen(name) + 1) {
		if (!is_found_anyway(setup, file, name))
			want(name, file->directory->path);
	}
}

static void tell_found(const struct listing_file *file, const char *name) {
	char path[PATH_MAX], text[2 * PATH_MAX];

	if (listing_path(file, path) &&
		snprintf(text, sizeof(text), "%s%s", name, path) < (int)sizeof(text))
		facts_add(DLTEST_FACT_FOUND, text);
}

/* What is not there, as far as it was asked for; of what others need in turn it may be anything. */
static void look_nearby(const struct setup *setup, const char *const *texts, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const char *name = texts[i] + 1;

		if (texts[i][0] == LOADER_SURVEY_SYMBOL)
			nearby_tell_definer(name);
		else if (texts[i][0] == LOADER_SURVEY_NAME && !find_by_name(name, NULL) &&
			 !find_by_soname(name))
			nearby_tell_like(setup, name);
	}
}

/* Looks for all that is wanted; returns whether some of it lies beside the library by its name. */
static bool find_all(const struct setup *setup, const char *own) {
	bool is_beside = false;

	for (size_t i = 0; i < wanted.count; i++) {
		const char *name = wanted.items[i].name;
		struct listing_file *file = find_by_name(name, wanted.items[i].directory);

		is_beside |= file && strcmp(file->directory->path, own) == 0;
		if (!file)
			file = find_by_soname(name);
		if (!file)
			continue;
		tell_found(file, name);
		want_needs_of(setup, file);
	}
	return is_beside;
}

static void tell_directories(void) {
	size_t count;
	const struct listing_directory *directories = listing_directories(&count);

	if (count > TOLD_DIRECTORIES_MAX)
		facts_add(DLTEST_FACT_INCOMPLETE, "its package has many directories");
	for (size_t i = 0; i < count && count <= TOLD_DIRECTORIES_MAX; i++)
		facts_add(DLTEST_FACT_DIRECTORY, directories[i].path);
}

static void tell_read(void) {
	size_t count, read = 0;
	struct listing_file *files = listing_files(&count);
	char path[PATH_MAX];

	for (size_t i = 0; i < count && read <= TOLD_FILES_MAX; i++) {
		if (!files[i].was_read || !listing_path(&files[i], path))
			continue;
		if (++read <= TOLD_FILES_MAX)
			facts_add(DLTEST_FACT_OBJECT, path);
		else
			facts_add(
				DLTEST_FACT_INCOMPLETE, "many libraries of its package were read");
	}
}

static void tell_cut(void) {
	char text[LOADER_WARNING_MAX];

	if (!listing_is_cut() && !wanted.is_cut)
		return;
	snprintf(text, sizeof(text),
		"what it lacks was looked for in a part of its package only: %d directories, %d "
		"libraries and %d names at most",
		LISTING_DIRECTORIES_MAX, LISTING_FILES_MAX, WANTED_MAX);
	facts_add(DLTEST_FACT_WARNING, text);
	facts_add(DLTEST_FACT_INCOMPLETE, "its package is too large");
}

/* The last tree is the package itself. */
static void list_package(const char *const *texts, size_t count) {
	const char *package = NULL;

	for (size_t i = 0; i < count; i++) {
		if (texts[i][0] == LOADER_SURVEY_DIRECTORY)
			listing_add_directory(texts[i] + 1);
		if (texts[i][0] != LOADER_SURVEY_TREE)
			continue;
		package = texts[i] + 1;
		listing_add_tree(package);
	}
	if (package)
		wheel_list(package);
}

void survey_run(
	const struct setup *setup, const char *path, const char *const *texts, size_t count) {
	char real[PATH_MAX], own[PATH_MAX];

	if (!realpath(path, real))
		return;
	snprintf(own, sizeof(own), "%.*s", (int)(strrchr(real, '/') - real), real);
	list_package(texts, count);
	for (size_t i = 0; i < count; i++) {
		if (texts[i][0] == LOADER_SURVEY_NAME)
			want(texts[i] + 1, own);
	}
	if (find_all(setup, own))
		bringer_tell(real);
	look_nearby(setup, texts, count);
	tell_cut();
	tell_directories();
	tell_read();
}
