/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <dlfcn.h>
#include <dltest/fact.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "guard.h"
#include "runpath.h"
#include "standin.h"

#define SEARCH_FILE_MAX 65536

/* As musl names it. */
#ifdef __aarch64__
#define ARCHITECTURE "aarch64"
#else
#define ARCHITECTURE "x86_64"
#endif

/* $LIB and $PLATFORM the dynamic linker alone knows. */
static void tell_element(void *context, const struct runpath_element *element) {
	(void)context;
	switch (element->kind) {
	case RUNPATH_DIRECTORY:
		facts_add_once(DLTEST_FACT_DIRECTORY, element->text);
		break;
	case RUNPATH_RELATIVE:
	case RUNPATH_EMPTY:
		facts_add_once(DLTEST_FACT_INCOMPLETE, "a search path is relative");
		break;
	case RUNPATH_TOKEN:
		facts_add_once(DLTEST_FACT_INCOMPLETE, "a search path has a token in it");
		break;
	}
}

#ifdef __GLIBC__
/* It can be asked later. */
void search_begin(char *const *environment) {
	(void)environment;
}

/* What is searched whoever asks: LD_LIBRARY_PATH and the default directories. */
static void tell_common_search_path(struct link_map *map) {
	Dl_serinfo size, *info;

	if (dlinfo(map, RTLD_DI_SERINFOSIZE, &size) < 0 || !(info = malloc(size.dls_size))) {
		facts_add_once(DLTEST_FACT_INCOMPLETE, "the search path is not known");
		return;
	}
	info->dls_size = size.dls_size;
	info->dls_cnt = size.dls_cnt;
	if (dlinfo(map, RTLD_DI_SERINFO, info) < 0)
		info->dls_cnt = 0;
	for (unsigned i = 0; i < info->dls_cnt; i++)
		facts_add_once(DLTEST_FACT_DIRECTORY, info->dls_serpath[i].dls_name);
	free(info);
}
#else
/* What musl's dynamic linker searches first. */
static const char *library_path = "";

void search_begin(char *const *environment) {
	static const char name[] = "LD_LIBRARY_PATH=";

	for (; *environment; environment++) {
		if (strncmp(*environment, name, strlen(name)) == 0)
			library_path = *environment + strlen(name);
	}
}

/* musl's dlinfo(3) tells nothing of it. It goes by LD_LIBRARY_PATH, and then by a file, or, where
 * that is not there, by a list of its own (ldso/dynlink.c); blanks belong to the names. */
static void tell_elements(const char *list) {
	char directory[PATH_MAX];

	while (*(list += strspn(list, ":\n"))) {
		size_t length = strcspn(list, ":\n");

		if (length < sizeof(directory)) {
			memcpy(directory, list, length);
			directory[length] = '\0';
			facts_add_once(directory[0] == '/' ? DLTEST_FACT_DIRECTORY
							   : DLTEST_FACT_INCOMPLETE,
				directory);
		}
		list += length;
	}
}

/* Whether musl is where it is by default. Elsewhere its file is elsewhere, too. */
static bool is_in_place(const struct link_map *map) {
	static const char linker[] = "/lib/ld-musl-" ARCHITECTURE ".so.1";

	while (map->l_prev)
		map = map->l_prev;
	while (map && strcmp(map->l_name, linker) != 0)
		map = map->l_next;
	return map != NULL;
}

/* As little of stdio as there can be: what it needs may be the library's own by now. */
static void tell_common_search_path(struct link_map *map) {
	static char list[SEARCH_FILE_MAX];
	int fd = open("/etc/ld-musl-" ARCHITECTURE ".path", O_RDONLY | O_CLOEXEC);

	if (!is_in_place(map))
		facts_add_once(DLTEST_FACT_INCOMPLETE, "the search path is not known");
	tell_elements(library_path);
	if (fd < 0) {
		tell_elements("/lib:/usr/local/lib:/usr/lib");
		return;
	}
	ssize_t length = read(fd, list, sizeof(list) - 1);
	close(fd);
	if (length < 0 || length == sizeof(list) - 1)
		facts_add_once(DLTEST_FACT_INCOMPLETE, "the search path is not known");
	list[length > 0 ? length : 0] = '\0';
	tell_elements(list);
}
#endif

struct telling {
	struct link_map *map, *first;
	void (*add_object)(enum dltest_fact fact, const char *text);
};

static void tell_directories(void *context) {
	struct telling *telling = context;

	telling->first = telling->map;
	while (telling->first->l_prev)
		telling->first = telling->first->l_prev;
	tell_common_search_path(telling->map);
	for (struct link_map *object = telling->first; object; object = object->l_next) {
		if (object->l_name[0] == '/')
			runpath_each(object, tell_element, NULL);
	}
}

static void tell_objects(void *context) {
	const struct telling *telling = context;

	for (struct link_map *object = telling->first; object; object = object->l_next) {
		/* With musl the first one has a name, too: it is the loader. */
		if (object->l_name[0] == '/' && object->l_prev && !standin_is_at(object->l_name))
			telling->add_object(DLTEST_FACT_OBJECT, object->l_name);
	}
}

/* The directories first: that each is told once costs a look at all facts before it. What a library
 * says of a search path the dynamic linker reads only when it searches one, so that a library can
 * load whose path is nowhere. */
static void tell(struct link_map *map, void (*add_object)(enum dltest_fact, const char *)) {
	struct telling telling = {.map = map, .first = map, .add_object = add_object};
	bool whole = guard_run(tell_directories, &telling);

	if (!guard_run(tell_objects, &telling) || !whole)
		facts_add_once(DLTEST_FACT_INCOMPLETE, "a search path cannot be read");
}

void search_tell(struct link_map *map) {
	tell(map, facts_add);
}

void search_tell_new(struct link_map *map) {
	tell(map, facts_add_once);
}
