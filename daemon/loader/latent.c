/* SPDX-License-Identifier: MIT */
#include "latent.h"

#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guard.h"
#include "image.h"
#include "latent_parts.h"
#include "runpath.h"
#include "setup.h"
#include "wants.h"

#define ELEMENTS_MAX 64

static void check_stack(struct latent *latent) {
	const ElfW(Phdr) *stack = image_phdr(latent->library, PT_GNU_STACK, NULL);

	if (stack && stack->p_flags & PF_X)
		latent_warn(latent,
			"wants an executable stack, which glibc 2.41 and later refuse; link it "
			"with -z noexecstack");
#if defined(__x86_64__) || defined(__i386__) || defined(__arm__)
	/* Where the dynamic linker takes silence for a yes. */
	if (!stack && latent->library->phdrs)
		latent_warn(latent,
			"does not say whether its stack has to be executable (no PT_GNU_STACK), "
			"which glibc takes for a yes and from 2.41 on refuses; link it with "
			"-z noexecstack");
#endif
}

static void check_relocations(struct latent *latent) {
	const ElfW(Dyn) *flags = image_dynamic(latent->library, DT_FLAGS, NULL);

	if (image_dynamic(latent->library, DT_TEXTREL, NULL) ||
		(flags && flags->d_un.d_val & DF_TEXTREL))
		latent_warn(latent,
			"has text relocations: its code is written to while it is being loaded, "
			"which hardened systems (SELinux) refuse; compile all of it with -fPIC");
}

/* Directories that are root's on any system, there or not. */
static bool is_system(const char *path) {
	static const char *const directories[] = {"/usr", "/lib", "/lib32", "/lib64", "/libx32"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		if (latent_is_within(path, directories[i]))
			return true;
	}
	return false;
}

/* Removes "." and ".." from an absolute path, as if there were no symlinks. */
static void normalise(char *path) {
	char *end = path;

	for (const char *from = path; *from;) {
		size_t slashes = strspn(from, "/"), length = strcspn(from + slashes, "/");
		const char *name = from + slashes;

		from = name + length;
		if (length == 0 || (length == 1 && name[0] == '.'))
			continue;
		if (length == 2 && name[0] == '.' && name[1] == '.') {
			while (end > path && *--end != '/')
				;
			continue;
		}
		*end++ = '/';
		memmove(end, name, length);
		end += length;
	}
	*end = '\0';
}

static void check_directory(
	struct latent *latent, const struct runpath_element *element, const char *path_word) {
	char real[PATH_MAX], lexical[2 * PATH_MAX];
	struct stat status;

	if (realpath(element->text, real) && stat(real, &status) == 0) {
		if (status.st_mode & S_IWOTH)
			latent_warn(latent,
				"its %s has %s, a directory that every user may write to; remove "
				"it",
				path_word, element->text);
		else if (latent->is_tsukus && !latent_is_within(real, latent->setup->libs) &&
			 !is_system(real))
			latent_warn(latent,
				"its %s leads out of tsuku, to %s; package what it needs from "
				"there and use a path that starts with $ORIGIN",
				path_word, real);
		return;
	}
	snprintf(lexical, sizeof(lexical), "%s", element->text);
	normalise(lexical);
	if (is_system(lexical) ||
		(latent->setup->libs && latent_is_within(lexical, latent->setup->libs)))
		return;
	/* A path from $ORIGIN moves with the library and is nobody else's. */
	if (!element->from_origin)
		latent_warn(latent,
			"its %s has %s, which is not there: whoever can make that directory can "
			"put libraries into it; remove it",
			path_word, element->text);
	else if (latent->is_tsukus)
		latent_warn(latent,
			"its %s leads out of tsuku, to %s, which is not there; remove it",
			path_word, lexical);
}

static void check_element(void *context, const struct runpath_element *element) {
	struct latent *latent = context;
	const char *path_word = element->is_rpath ? "RPATH" : "RUNPATH";

	if (latent->elements++ >= ELEMENTS_MAX || (element->is_rpath && latent->has_runpath))
		return;
	switch (element->kind) {
	case RUNPATH_DIRECTORY:
		check_directory(latent, element, path_word);
		break;
	case RUNPATH_RELATIVE:
		latent_warn(latent,
			"its %s has '%s', which is searched for below the current directory of "
			"whoever loads it; write $ORIGIN before it or remove it",
			path_word, element->text);
		break;
	case RUNPATH_EMPTY:
		latent_warn(latent,
			"its %s has an empty element, which is the current directory of whoever "
			"loads it; remove it",
			path_word);
		break;
	case RUNPATH_TOKEN:
		break;
	}
}

static void check_search_path(struct latent *latent) {
	latent->has_runpath = runpath_is_runpath(latent->library->map);
	runpath_each(latent->library->map, check_element, latent);
}

/* Whether an object is a C library by its name, of those that are not this system's. */
static bool is_other_c_library(const char *path) {
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return strncmp(name, "libc.musl-", 10) == 0 || strncmp(name, "ld-musl-", 8) == 0 ||
	       strcmp(name, "libc.so") == 0;
}

/* What comes with the library is behind it in the list. */
static void check_c_libraries(struct latent *latent) {
	for (const struct link_map *map = latent->library->map; map; map = map->l_next) {
		if (!is_other_c_library(map->l_name))
			continue;
		latent_warn(latent,
			"brings a second C library, %s, into the process: what one of them has "
			"allocated or opened the other does not know; install what needs it for "
			"this system",
			map->l_name);
		return;
	}
}

static void tell_wants(void *context) {
	struct latent *latent = context;

	image_open(latent->library, latent->library->map);
	if (!wants_tell(latent->library) && latent->flags & LOADER_JOB_LATENT)
		latent_warn(latent,
			"what it says about libraries that it opens itself (.note.dlopen) "
			"makes no sense");
}

static void tell_warnings(void *context) {
	struct latent *latent = context;
	char real[PATH_MAX];

	latent->is_tsukus = latent->setup->libs && realpath(latent->library->map->l_name, real) &&
			    latent_is_within(real, latent->setup->libs);
	check_stack(latent);
	check_relocations(latent);
	check_c_libraries(latent);
	check_search_path(latent);
	latent_tell_of_needs(latent);
}

static void tell_forecast(void *context) {
	latent_forecast(context);
}

void latent_tell(const struct setup *setup, struct link_map *map, uint32_t flags) {
	static struct latent latent;
	static struct image library;

	latent = (struct latent){.setup = setup, .library = &library, .flags = flags};
	library.map = map;
	/* What was said before a fault stands; the rest remains unsaid. */
	if (guard_run(tell_wants, &latent) && flags & LOADER_JOB_LATENT &&
		guard_run(tell_warnings, &latent))
		guard_run(tell_forecast, &latent);
}
