/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dynamic.h"
#include "facts.h"

#define DIRECTORY_MAX 4096

/* Copies the directory of 'path' to 'directory'; "/" for what has none. */
static size_t copy_directory(const char *path, char directory[DIRECTORY_MAX]) {
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= DIRECTORY_MAX)
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

/*
 * Tells of one element of a DT_RPATH or DT_RUNPATH. Not asked of the dynamic linker (dlinfo(3)),
 * since glibc forgets a path of which no directory exists. $LIB and $PLATFORM it alone knows.
 */
static void tell_element(const char *element, size_t length, const char *origin) {
	char directory[2 * DIRECTORY_MAX];
	size_t used = 0, origin_size = strlen(origin);

	for (size_t i = 0; i < length;) {
		size_t token = element[i] == '$' ? origin_length(element + i) : 0;

		if (element[i] == '$' && token == 0) {
			facts_add_once(LOADER_FACT_INCOMPLETE, "a search path has a token in it");
			return;
		}
		if (used + origin_size + 2 > sizeof(directory))
			return; /* longer than the kernel takes */
		if (token > 0) {
			memcpy(directory + used, origin, origin_size);
			used += origin_size;
			i += token;
		} else {
			directory[used++] = element[i++];
		}
	}
	directory[used] = '\0';
	if (directory[0] == '/')
		facts_add_once(LOADER_FACT_DIRECTORY, directory);
	else if (used > 0)
		facts_add_once(LOADER_FACT_INCOMPLETE, "a search path is relative");
}

static void tell_path(const char *path, const char *origin) {
	while (*path) {
		size_t length = strcspn(path, ":");

		tell_element(path, length, origin);
		path += length + (path[length] == ':');
	}
}

static void tell_search_path_of(const struct link_map *map) {
	char origin[DIRECTORY_MAX];
	const char *strings = dynamic_address(map, DT_STRTAB);

	for (const ElfW(Dyn) *entry = map->l_ld; strings && entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH)
			continue;
		copy_directory(map->l_name, origin);
		tell_path(strings + entry->d_un.d_val, origin);
	}
}

#ifdef __GLIBC__
/* What is searched whoever asks: LD_LIBRARY_PATH and the default directories. */
static void tell_common_search_path(struct link_map *map) {
	Dl_serinfo size, *info;

	if (dlinfo(map, RTLD_DI_SERINFOSIZE, &size) < 0 || !(info = malloc(size.dls_size))) {
		facts_add_once(LOADER_FACT_INCOMPLETE, "the search path is not known");
		return;
	}
	info->dls_size = size.dls_size;
	info->dls_cnt = size.dls_cnt;
	if (dlinfo(map, RTLD_DI_SERINFO, info) < 0)
		info->dls_cnt = 0;
	for (unsigned i = 0; i < info->dls_cnt; i++)
		facts_add_once(LOADER_FACT_DIRECTORY, info->dls_serpath[i].dls_name);
	free(info);
}
#else
/* musl's dlinfo(3) tells nothing of it. */
static void tell_common_search_path(struct link_map *map) {
	(void)map;
	facts_add_once(LOADER_FACT_INCOMPLETE, "the search path is not known");
}
#endif

void search_tell(struct link_map *map) {
	struct link_map *first = map;

	while (first->l_prev)
		first = first->l_prev;
	/* The directories first: that each is told once costs a look at all facts before it. */
	tell_common_search_path(map);
	for (struct link_map *object = first; object; object = object->l_next) {
		if (object->l_name[0] == '/')
			tell_search_path_of(object);
	}
	for (struct link_map *object = first; object; object = object->l_next) {
		if (object->l_name[0] == '/')
			facts_add(LOADER_FACT_OBJECT, object->l_name);
	}
}
