/* SPDX-License-Identifier: MIT */
#include "latent.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "facts.h"
#include "guard.h"
#include "image.h"
#include "runpath.h"
#include "setup.h"
#include "wants.h"

#define OBJECTS_MAX  512
#define ELEMENTS_MAX 64
/* Steps of symbol look-ups. 60 libraries of Debian 12 with the most symbols took less than a tenth.
 */
#define BUDGET 20000000ul

struct latent {
	const struct setup *setup;
	struct image *library; /* one of images */
	size_t images_count;
	size_t before; /* images that were loaded before the library: the C library's, preloads */
	char real[PATH_MAX];
	bool is_tsukus; /* the library is below $TSUKU_HOME/libs */
	bool has_runpath;
	size_t elements;
	size_t warnings;
	unsigned long budget;
	uint32_t flags;
};

/* Objects in memory, in the order in which they came there. */
static struct image images[OBJECTS_MAX];

static void warn(struct latent *latent, const char *pattern, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(struct latent *latent, const char *pattern, ...) {
	char text[LOADER_WARNING_MAX];
	va_list arguments;

	if (latent->warnings++ >= LOADER_WARNINGS_MAX)
		return;
	va_start(arguments, pattern);
	vsnprintf(text, sizeof(text), pattern, arguments);
	va_end(arguments);
	for (char *letter = text; *letter; letter++) {
		if ((unsigned char)*letter < 0x20 || *letter == 0x7f)
			*letter = '?';
	}
	facts_add_once(LOADER_FACT_WARNING, text);
}

static void look_at_stack(struct latent *latent) {
	const ElfW(Phdr) *stack = image_phdr(latent->library, PT_GNU_STACK, NULL);

	if (stack && stack->p_flags & PF_X)
		warn(latent,
			"wants an executable stack, which glibc 2.41 and later refuse; link it "
			"with -z noexecstack");
#if defined(__x86_64__) || defined(__i386__) || defined(__arm__)
	/* Where the dynamic linker takes silence for a yes. */
	if (!stack && latent->library->phdrs)
		warn(latent,
			"does not say whether its stack has to be executable (no PT_GNU_STACK), "
			"which glibc takes for a yes and from 2.41 on refuses; link it with "
			"-z noexecstack");
#endif
}

static void look_at_relocations(struct latent *latent) {
	const ElfW(Dyn) *flags = image_dynamic(latent->library, DT_FLAGS, NULL);

	if (image_dynamic(latent->library, DT_TEXTREL, NULL) ||
		(flags && flags->d_un.d_val & DF_TEXTREL))
		warn(latent,
			"has text relocations: its code is written to while it is being loaded, "
			"which hardened systems (SELinux) refuse; compile all of it with -fPIC");
}

/* Whether 'path' is 'directory' or below it. */
static bool is_within(const char *path, const char *directory) {
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

static const char *libs_of(const struct latent *latent) {
	return latent->setup->libs;
}

/* Directories that are root's on any system, there or not. */
static bool is_system(const char *path) {
	static const char *const directories[] = {"/usr", "/lib", "/lib32", "/lib64", "/libx32"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		if (is_within(path, directories[i]))
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

static void look_at_directory(
	struct latent *latent, const struct runpath_element *element, const char *path_word) {
	char real[PATH_MAX], lexical[2 * PATH_MAX];
	struct stat status;

	if (realpath(element->text, real) && stat(real, &status) == 0) {
		if (status.st_mode & S_IWOTH)
			warn(latent,
				"its %s has %s, a directory that every user may write to; remove "
				"it",
				path_word, element->text);
		else if (latent->is_tsukus && !is_within(real, libs_of(latent)) && !is_system(real))
			warn(latent,
				"its %s leads out of tsuku, to %s; package what it needs from "
				"there and use a path that starts with $ORIGIN",
				path_word, real);
		return;
	}
	snprintf(lexical, sizeof(lexical), "%s", element->text);
	normalise(lexical);
	if (is_system(lexical) || (libs_of(latent) && is_within(lexical, libs_of(latent))))
		return;
	/* A path from $ORIGIN moves with the library and is nobody else's. */
	if (!element->from_origin)
		warn(latent,
			"its %s has %s, which is not there: whoever can make that directory can "
			"put libraries into it; remove it",
			path_word, element->text);
	else if (latent->is_tsukus)
		warn(latent, "its %s leads out of tsuku, to %s, which is not there; remove it",
			path_word, lexical);
}

static void look_at_element(void *context, const struct runpath_element *element) {
	struct latent *latent = context;
	const char *path_word = element->is_rpath ? "RPATH" : "RUNPATH";

	if (latent->elements++ >= ELEMENTS_MAX || (element->is_rpath && latent->has_runpath))
		return;
	switch (element->kind) {
	case RUNPATH_DIRECTORY:
		look_at_directory(latent, element, path_word);
		break;
	case RUNPATH_RELATIVE:
		warn(latent,
			"its %s has '%s', which is searched for below the current directory of "
			"whoever loads it; write $ORIGIN before it or remove it",
			path_word, element->text);
		break;
	case RUNPATH_EMPTY:
		warn(latent,
			"its %s has an empty element, which is the current directory of whoever "
			"loads it; remove it",
			path_word);
		break;
	case RUNPATH_TOKEN:
		break;
	}
}

static void look_at_search_path(struct latent *latent) {
	latent->has_runpath = runpath_is_runpath(latent->library->map);
	runpath_each(latent->library->map, look_at_element, latent);
}

/* The object that meets a need of this name; NULL if that cannot be told from its names. */
static struct image *find_needed(struct latent *latent, const char *name) {
	for (size_t i = 0; i < latent->images_count; i++) {
		if (image_is_called(&images[i], name))
			return &images[i];
	}
	return NULL;
}

/* The C library and what belongs to the compiler: the system's by right. */
static bool is_c_library(const char *name) {
	static const char *const starts[] = {"libc.so.", "libc.musl-", "libm.so.", "libmvec.so.",
		"ld-linux", "ld-musl", "ld64.so.", "ld.so.", "libpthread.so.", "libdl.so.",
		"librt.so.", "libresolv.so.", "libutil.so.", "libgcc_s.so.", "libstdc++.so."};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (strncmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return false;
}

/* Whether 'path' is in a directory that the caller has named as its search path. */
static bool is_on_library_path(const char *path) {
	const char *list = getenv("LD_LIBRARY_PATH");

	while (list && *list) {
		size_t length = strcspn(list, ":");

		if (length > 0 && strncmp(list, path, length) == 0 && path[length] == '/')
			return true;
		list += length + (list[length] == ':');
	}
	return false;
}

static void look_at_needed(struct latent *latent, const char *name) {
	const struct image *found = find_needed(latent, name);
	char real[PATH_MAX];

	if (strchr(name, '/')) {
		/* From there it moves with the library. */
		if (strncmp(name, "$ORIGIN", 7) != 0 && strncmp(name, "${ORIGIN}", 9) != 0)
			warn(latent,
				"needs %s by this path, so that it is found nowhere else; link it "
				"with a "
				"library that has a SONAME",
				name);
		return;
	}
	/* What came before was there for the asking: preloads. */
	if (!latent->is_tsukus || !found || found < images + latent->before || is_c_library(name) ||
		is_on_library_path(found->map->l_name))
		return;
	if (realpath(found->map->l_name, real) && !is_within(real, libs_of(latent)))
		warn(latent,
			"needs %s, which was found outside tsuku (%s) and need not be there on "
			"another machine",
			name, real);
}

static void look_at_needs(struct latent *latent) {
	const ElfW(Dyn) *entry = NULL;

	while ((entry = image_dynamic(latent->library, DT_NEEDED, entry))) {
		const char *name = image_string(latent->library, entry->d_un.d_val);

		if (name)
			look_at_needed(latent, name);
	}
}

/* Marks the objects that the library needs directly. False if one cannot be told. */
static bool mark_direct(struct latent *latent, bool direct[OBJECTS_MAX]) {
	const ElfW(Dyn) *entry = NULL;

	while ((entry = image_dynamic(latent->library, DT_NEEDED, entry))) {
		const char *name = image_string(latent->library, entry->d_un.d_val);
		const struct image *found = name ? find_needed(latent, name) : NULL;

		if (!found)
			return false;
		direct[found - images] = true;
	}
	return true;
}

/* The object that 'name' was taken from although nothing declares it; NULL if one that is declared,
 * or was there before, has it. */
static const struct image *undeclared_provider(
	struct latent *latent, const bool direct[OBJECTS_MAX], const char *name) {
	for (size_t i = 0; i < latent->images_count; i++) {
		if ((direct[i] || i < latent->before || &images[i] == latent->library) &&
			image_defines(&images[i], name, &latent->budget))
			return NULL;
	}
	for (size_t i = latent->before; i < latent->images_count; i++) {
		if (!direct[i] && &images[i] != latent->library &&
			image_defines(&images[i], name, &latent->budget))
			return &images[i];
	}
	return NULL;
}

/* Symbols that the library takes from what only its dependencies need. */
static void look_at_symbols(struct latent *latent) {
	static struct {
		const char *first;
		size_t count;
	} taken[OBJECTS_MAX];
	static bool direct[OBJECTS_MAX];
	size_t count = image_count_symbols(latent->library);

	if (!mark_direct(latent, direct))
		return;
	for (size_t i = 1; i < count && latent->budget > 0; i++) {
		const char *name = image_undefined(latent->library, i);
		const struct image *provider =
			name ? undeclared_provider(latent, direct, name) : NULL;

		if (provider && latent->budget > 0 && taken[provider - images].count++ == 0)
			taken[provider - images].first = name;
	}
	if (latent->budget == 0)
		return;
	for (size_t i = 0; i < latent->images_count; i++) {
		char more[40] = "";

		if (taken[i].count == 0)
			continue;
		if (taken[i].count > 1)
			snprintf(more, sizeof(more), " and %zu more", taken[i].count - 1);
		warn(latent,
			"uses %.200s%s of %.200s without needing it (DT_NEEDED), so that it works "
			"only as long as another dependency brings that along; link it with it",
			taken[i].first, more, image_name(&images[i]));
	}
}

#ifdef __GLIBC__
/* Whether what is at 'path' is in 'directory' as the dynamic linker would find it there: itself, or
 * in a directory for processors (ld.so(8)). */
static bool is_found_in(const char *path, const char *directory, const char *name) {
	static const char *const hardware[] = {"glibc-hwcaps/", "tls/", "haswell/", "xeon_phi/",
		"avx512_1/", "x86_64/", "atomics/"};
	char there[2 * PATH_MAX];
	size_t length = strlen(directory);
	struct stat status;

	snprintf(there, sizeof(there), "%s/%s", directory, name);
	if (stat(there, &status) == 0)
		return true;
	for (size_t i = 0; i < sizeof(hardware) / sizeof(hardware[0]); i++) {
		if (strncmp(path, directory, length) == 0 && path[length] == '/' &&
			strncmp(path + length + 1, hardware[i], strlen(hardware[i])) == 0)
			return true;
	}
	return false;
}

/* Whether the system's cache may lead to it: a directory that is a root of its own. */
static bool is_in_root(const struct latent *latent, const char *path) {
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < latent->setup->roots_count; i++) {
		const char *root = latent->setup->roots[i];

		if (strlen(root) == (size_t)(slash - path) &&
			strncmp(root, path, strlen(root)) == 0)
			return true;
	}
	return false;
}

/* Warns if 'object', a dependency of the library, would not have found 'name' by itself. */
static void look_for_luck(struct latent *latent, const struct image *object,
	const Dl_serinfo *search, const char *name) {
	const struct image *found = find_needed(latent, name);
	char real[PATH_MAX];

	if (!found || found < images + latent->before || strchr(name, '/') ||
		!realpath(found->map->l_name, real) || !is_within(real, libs_of(latent)) ||
		is_in_root(latent, real))
		return;
	for (unsigned i = 0; i < search->dls_cnt; i++) {
		if (is_found_in(found->map->l_name, search->dls_serpath[i].dls_name, name))
			return;
	}
	warn(latent,
		"%s, which it needs, finds its own %s only by luck: because another library had "
		"loaded that before; give it an RPATH that leads there",
		object->map->l_name, name);
}

/* Dependencies from tsuku that would not load without this library around them. */
static void look_at_luck(struct latent *latent) {
	static union {
		Dl_serinfo info;
		char bytes[65536];
	} search;
	char real[PATH_MAX];

	for (size_t i = latent->before; i < latent->images_count; i++) {
		const struct image *object = &images[i];
		const ElfW(Dyn) *entry = NULL;

		if (object == latent->library || !realpath(object->map->l_name, real) ||
			!is_within(real, libs_of(latent)))
			continue;
		if (dlinfo(object->map, RTLD_DI_SERINFOSIZE, &search.info) < 0 ||
			search.info.dls_size > sizeof(search) ||
			dlinfo(object->map, RTLD_DI_SERINFO, &search.info) < 0)
			continue;
		while ((entry = image_dynamic(object, DT_NEEDED, entry))) {
			const char *name = image_string(object, entry->d_un.d_val);

			if (name)
				look_for_luck(latent, object, &search.info, name);
		}
	}
}
#else
/* Where musl looks it does not tell. */
static void look_at_luck(struct latent *latent) {
	(void)latent;
}
#endif

/* Describes all objects. False if there are too many, or the library is not among them. */
static bool open_images(struct latent *latent, struct link_map *map) {
	struct link_map *first = map;

	for (size_t i = 0; first->l_prev; i++) {
		if (i == OBJECTS_MAX)
			return false;
		first = first->l_prev;
	}
	for (struct link_map *object = first; object; object = object->l_next) {
		if (latent->images_count == OBJECTS_MAX)
			return false;
		if (object == map) {
			latent->before = latent->images_count;
			latent->library = &images[latent->images_count];
		}
		image_open(&images[latent->images_count++], object);
	}
	return latent->library != NULL;
}

static void look(void *context) {
	struct latent *latent = context;

	image_open(latent->library, latent->library->map);
	if (!wants_tell(latent->library) && latent->flags & LOADER_JOB_LATENT)
		warn(latent, "what it says about libraries that it opens itself (.note.dlopen) "
			     "makes no sense");
}

static void look_further(void *context) {
	struct latent *latent = context;

	latent->is_tsukus = libs_of(latent) &&
			    realpath(latent->library->map->l_name, latent->real) &&
			    is_within(latent->real, libs_of(latent));
	look_at_stack(latent);
	look_at_relocations(latent);
	look_at_search_path(latent);
	if (!open_images(latent, latent->library->map))
		return;
	look_at_needs(latent);
	look_at_symbols(latent);
	if (latent->is_tsukus)
		look_at_luck(latent);
}

void latent_tell(const struct setup *setup, struct link_map *map, uint32_t flags) {
	static struct latent latent;
	static struct image library;

	latent = (struct latent){.setup = setup, .budget = BUDGET, .flags = flags};
	latent.library = &library;
	library.map = map;
	/* What was said before a fault stands; the rest remains unsaid. */
	if (guard_run(look, &latent) && flags & LOADER_JOB_LATENT)
		guard_run(look_further, &latent);
}
