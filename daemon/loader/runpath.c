/* SPDX-License-Identifier: MIT */
#include "runpath.h"

#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "image.h"

/* Copies the directory of 'path' to 'directory'; "/" for what has none. */
static size_t copy_directory(const char *path, char directory[PATH_MAX]) {
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= PATH_MAX)
		length = 0;
	memcpy(directory, path, length);
	directory[length] = '\0';
	return length;
}

/* The length of $ORIGIN or ${ORIGIN} at 'text'; 0 if neither is there. */
static size_t origin_length(const char *text) {
	if (strncmp(text, "$ORIGIN", 7) == 0)
		return 7;
	return strncmp(text, "${ORIGIN}", 9) == 0 ? 9 : 0;
}

/* Puts 'length' bytes at 'element' into 'text', with each $ORIGIN replaced. False if that does not
 * fit. */
static bool expand(struct runpath_element *expanded, const char *element, size_t length,
	const char *origin, char text[2 * PATH_MAX]) {
	size_t used = 0, origin_size = strlen(origin);

	for (size_t i = 0; i < length;) {
		size_t token = element[i] == '$' ? origin_length(element + i) : 0;

		if (used + origin_size + 2 > 2 * PATH_MAX)
			return false;
		if (token > 0) {
			memcpy(text + used, origin, origin_size);
			used += origin_size;
			i += token;
			expanded->from_origin = true;
		} else {
			if (element[i] == '$')
				expanded->kind = RUNPATH_TOKEN;
			text[used++] = element[i++];
		}
	}
	text[used] = '\0';
	return true;
}

/* 'tag' is that of the dynamic entry which has the path, DT_NULL if none has. */
static void split(
	const char *library, const char *path, int64_t tag, runpath_fn each, void *context) {
	char origin[PATH_MAX], text[2 * PATH_MAX];

	/* As a whole, nothing is nothing; between colons it is the current directory. */
	if (!path[0])
		return;
	copy_directory(library, origin);
	for (;;) {
		size_t length = strcspn(path, ":");
		struct runpath_element element = {.is_rpath = tag == DT_RPATH, .text = text};

		if (expand(&element, path, length, origin, text)) {
			if (element.kind != RUNPATH_TOKEN)
				element.kind = !text[0]		? RUNPATH_EMPTY
					       : text[0] == '/' ? RUNPATH_DIRECTORY
								: RUNPATH_RELATIVE;
			each(context, &element);
		}
		if (path[length] == '\0')
			return;
		path += length + 1;
	}
}

void runpath_split(const char *library, const char *path, runpath_fn each, void *context) {
	split(library, path, DT_NULL, each, context);
}

void runpath_each(const struct link_map *map, runpath_fn each, void *context) {
	const char *strings = NULL;
	const ElfW(Dyn) * entry;

	for (entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_STRTAB)
			strings = image_address(map, entry->d_un.d_ptr);
	}
	for (entry = map->l_ld; entry->d_tag != DT_NULL && strings; entry++) {
		if (entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH)
			split(map->l_name, strings + entry->d_un.d_val, entry->d_tag, each,
				context);
	}
}

bool runpath_is_runpath(const struct link_map *map) {
	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RUNPATH)
			return true;
	}
	return false;
}
