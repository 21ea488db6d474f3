/* SPDX-License-Identifier: MIT */
#include "wants.h"

#include <dlfcn.h>
#include <dltest/fact.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dlopennote.h"
#include "facts.h"
#include "image.h"
#include "runpath.h"

/* What is tried for one name. */
struct trial {
	const char *name;
	bool only_rpath; /* or only the rest of the library's own search path */
	bool ignores_rpath;
	bool found;
	bool complained;
	char complaint[LOADER_TEXT_MAX];
};

static void tell_need(void *context, const char *need) {
	(void)context;
	facts_add(DLTEST_FACT_SOFT_NEEDS, need);
}

bool wants_tell(const struct image *image) {
	const ElfW(Phdr) *phdr = NULL;
	bool sane = true;

	while ((phdr = image_phdr(image, PT_NOTE, phdr ? phdr + 1 : NULL))) {
		const char *notes = (const char *)image->map->l_addr + phdr->p_vaddr;

		if (image_has(image, notes, phdr->p_memsz) &&
			dlopennote_walk(notes, phdr->p_memsz, phdr->p_align, tell_need, NULL) < 0)
			sane = false;
	}
	return sane;
}

/* Whether it loads from 'where', a path or a name; keeps the first complaint. */
static bool opens(struct trial *trial, const char *where) {
	dlerror();
	if (dlopen(where, RTLD_LAZY | RTLD_LOCAL)) {
		trial->found = true;
		return true;
	}
	const char *error = dlerror();
	if (error && !trial->complained)
		snprintf(trial->complaint, sizeof(trial->complaint), "%s", error);
	trial->complained = true;
	return false;
}

/* glibc would go on after a file that is no library of this machine, and so does this; what is a
 * library and does not load is the end of its search, but then nothing else will do either. */
static void try_element(void *context, const struct runpath_element *element) {
	struct trial *trial = context;
	char path[2 * PATH_MAX + 256];

	if (trial->found || element->kind != RUNPATH_DIRECTORY ||
		element->is_rpath != trial->only_rpath ||
		(element->is_rpath && trial->ignores_rpath))
		return;
	snprintf(path, sizeof(path), "%s/%s", element->text, trial->name);
	if (access(path, F_OK) == 0)
		opens(trial, path);
}

/*
 * In the order in which the dynamic linker would search for the library itself, were it the caller
 * of dlopen(): what is in memory, its DT_RPATH, LD_LIBRARY_PATH and the system's directories, with
 * its DT_RUNPATH before the latter two, as near as can be had.
 */
static bool try_name(const struct link_map *map, struct trial *trial) {
	if (dlopen(trial->name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD))
		return true;
	trial->ignores_rpath = runpath_is_runpath(map);
	trial->only_rpath = true;
	runpath_each(map, try_element, trial);
	trial->only_rpath = false;
	if (!trial->found)
		runpath_each(map, try_element, trial);
	return trial->found || opens(trial, trial->name);
}

/* Whether 'text' says that 'name' itself is not there. */
static bool says_absent(const char *text, const char *name) {
	static const char words[] = ": cannot open shared object file: No such file";
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 &&
	       strncmp(text + length, words, sizeof(words) - 1) == 0;
}

const char *wants_try(const struct link_map *map, const char *const *names, size_t count) {
	static struct trial trial;
	static char first[LOADER_TEXT_MAX];

	bool absent = true;

	snprintf(first, sizeof(first), "there is nothing to try");
	for (size_t i = 0; i < count; i++) {
		trial = (struct trial){.name = names[i]};
		if (try_name(map, &trial))
			return NULL;
		if (i > 0 && (!absent || says_absent(trial.complaint, names[i])))
			continue;
		absent = says_absent(trial.complaint, names[i]);
		memcpy(first, trial.complaint, sizeof(first));
	}
	return first;
}
