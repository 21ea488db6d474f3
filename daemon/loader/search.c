/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <dlfcn.h>
#include <dltest/fact.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>

#include "facts.h"
#include "guard.h"
#include "runpath.h"
#include "standin.h"

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
/* musl's dlinfo(3) tells nothing of it. */
static void tell_common_search_path(struct link_map *map) {
	(void)map;
	facts_add_once(DLTEST_FACT_INCOMPLETE, "the search path is not known");
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
		if (object->l_name[0] == '/' && !standin_is_at(object->l_name))
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
