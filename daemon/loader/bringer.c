/* SPDX-License-Identifier: MIT */
#include "bringer.h"

#include <dltest/fact.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "facts.h"
#include "listing.h"
#include "runpath.h"

/* Whether an element of a search path leads to a directory. */
struct way {
	const struct listing_directory *to;
	bool leads;
};

static void look_at_element(void *context, const struct runpath_element *element) {
	struct way *way = context;

	if (!way->leads && element->kind == RUNPATH_DIRECTORY)
		way->leads = listing_find_directory(element->text) == way->to;
}

static bool has_way_to(const struct listing_file *file, const struct listing_directory *directory) {
	struct way way = {.to = directory};
	char path[PATH_MAX];

	if (file->search_path && file->has_rpath && listing_path(file, path))
		runpath_split(path, file->search_path, look_at_element, &way);
	return way.leads;
}

static struct listing_file *find_in(const struct listing_directory *directory, const char *name) {
	size_t count;
	struct listing_file *files = listing_files(&count);

	for (size_t i = 0; i < count; i++) {
		if (files[i].directory == directory && strcmp(files[i].name, name) == 0)
			return &files[i];
	}
	return NULL;
}

/* Libraries that are needed by one that brings them, of its directory and the one it leads to. */
static struct {
	struct listing_file *items[LISTING_FILES_MAX];
	struct listing_file *bringers[LISTING_FILES_MAX]; /* of each */
	bool is_in[LISTING_FILES_MAX];
	size_t count;
} brought;

static void bring(struct listing_file *file, struct listing_file *bringer) {
	size_t count;
	size_t index = (size_t)(file - listing_files(&count));

	if (brought.is_in[index])
		return;
	brought.is_in[index] = true;
	brought.bringers[brought.count] = bringer;
	brought.items[brought.count++] = file;
}

static void bring_needs_of(const struct listing_file *file, struct listing_file *bringer,
	const struct listing_directory *directory) {
	for (const char *name = file->needed; *name; name += strlen(name) + 1) {
		struct listing_file *needed = find_in(directory, name);

		if (needed)
			bring(needed, bringer);
	}
}

/* All that have a way to 'directory', but for 'library' itself. */
static void bring_all(
	const struct listing_file *library, const struct listing_directory *directory) {
	size_t count;
	struct listing_file *files = listing_files(&count);

	for (size_t i = 0; i < count; i++) {
		listing_read(&files[i]);
		if (&files[i] != library && files[i].is_library && has_way_to(&files[i], directory))
			bring_needs_of(&files[i], &files[i], directory);
	}
}

/* A link beside the library may be what goes by the name that is needed. */
static bool is_same(const struct listing_file *file, const struct listing_file *library) {
	return file == library ||
	       (file->soname && library->soname && strcmp(file->soname, library->soname) == 0);
}

void bringer_tell(const char *path) {
	const char *slash = strrchr(path, '/');
	char text[PATH_MAX];

	if (!slash || (size_t)(slash - path) >= sizeof(text))
		return;
	memcpy(text, path, (size_t)(slash - path));
	text[slash - path] = '\0';
	const struct listing_directory *directory = listing_find_directory(text);
	struct listing_file *library = directory ? find_in(directory, slash + 1) : NULL;
	if (!library)
		return;
	listing_read(library);
	if (library->has_rpath)
		facts_add(DLTEST_FACT_RPATH, path);
	bring_all(library, directory);
	for (size_t i = 0; i < brought.count; i++) {
		struct listing_file *file = brought.items[i];

		listing_read(file);
		if (is_same(file, library) && listing_path(brought.bringers[i], text)) {
			facts_add(DLTEST_FACT_BRINGER, text);
			return;
		}
		bring_needs_of(file, brought.bringers[i], directory);
	}
}
