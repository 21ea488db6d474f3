/* SPDX-License-Identifier: MIT */
/* Latent trouble that shows only beside the other objects in memory. */
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image.h"
#include "latent_parts.h"
#include "setup.h"

#define OBJECTS_MAX 512
/* Steps of symbol look-ups. 60 libraries of Debian 12 with the most symbols took less than a tenth.
 */
#define BUDGET 20000000ul

/* The objects in memory, seen from the library. */
struct objects {
	struct latent *latent;
	const struct image *library; /* one of images */
	size_t count;
	size_t before; /* those loaded before the library: the C library's, preloads */
	unsigned long budget;
};

/* In the order in which they came there. */
static struct image images[OBJECTS_MAX];

/* The object that meets a need of this name; NULL if that cannot be told from its names. */
static struct image *find_needed(struct objects *objects, const char *name) {
	for (size_t i = 0; i < objects->count; i++) {
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

static void check_needed(struct objects *objects, const char *name) {
	const struct image *found = find_needed(objects, name);
	char real[PATH_MAX];

	if (strchr(name, '/')) {
		/* From there it moves with the library. */
		if (strncmp(name, "$ORIGIN", 7) != 0 && strncmp(name, "${ORIGIN}", 9) != 0)
			latent_warn(objects->latent,
				"needs %s by this path, so that it is found nowhere else; link it "
				"with a library that has a SONAME",
				name);
		return;
	}
	/* What came before was there for the asking: preloads. */
	if (!objects->latent->is_tsukus || !found || found < images + objects->before ||
		is_c_library(name) || is_on_library_path(found->map->l_name))
		return;
	if (realpath(found->map->l_name, real) &&
		!latent_is_within(real, objects->latent->setup->libs))
		latent_warn(objects->latent,
			"needs %s, which was found outside tsuku (%s) and need not be there on "
			"another machine",
			name, real);
}

static void check_all_needed(struct objects *objects) {
	const ElfW(Dyn) *entry = NULL;

	while ((entry = image_dynamic(objects->library, DT_NEEDED, entry))) {
		const char *name = image_string(objects->library, entry->d_un.d_val);

		if (name)
			check_needed(objects, name);
	}
}

/* Marks the objects that the library needs directly. False if one cannot be told. */
static bool mark_direct(struct objects *objects, bool direct[OBJECTS_MAX]) {
	const ElfW(Dyn) *entry = NULL;

	while ((entry = image_dynamic(objects->library, DT_NEEDED, entry))) {
		const char *name = image_string(objects->library, entry->d_un.d_val);
		const struct image *found = name ? find_needed(objects, name) : NULL;

		if (!found)
			return false;
		direct[found - images] = true;
	}
	return true;
}

/* The object that 'name' was taken from although nothing declares it; NULL if one that is declared,
 * or was there before, has it. */
static const struct image *undeclared_provider(
	struct objects *objects, const bool direct[OBJECTS_MAX], const char *name) {
	for (size_t i = 0; i < objects->count; i++) {
		if ((direct[i] || i < objects->before || &images[i] == objects->library) &&
			image_defines(&images[i], name, &objects->budget))
			return NULL;
	}
	for (size_t i = objects->before; i < objects->count; i++) {
		if (!direct[i] && &images[i] != objects->library &&
			image_defines(&images[i], name, &objects->budget))
			return &images[i];
	}
	return NULL;
}

/* Symbols that the library takes from what only its dependencies need. */
static void check_symbols(struct objects *objects) {
	static struct {
		const char *first;
		size_t count;
	} taken[OBJECTS_MAX];
	static bool direct[OBJECTS_MAX];
	size_t count = image_count_symbols(objects->library);

	if (!mark_direct(objects, direct))
		return;
	for (size_t i = 1; i < count && objects->budget > 0; i++) {
		const char *name = image_undefined(objects->library, i);
		const struct image *provider =
			name ? undeclared_provider(objects, direct, name) : NULL;

		if (provider && objects->budget > 0 && taken[provider - images].count++ == 0)
			taken[provider - images].first = name;
	}
	if (objects->budget == 0)
		return;
	for (size_t i = 0; i < objects->count; i++) {
		char more[40] = "";

		if (taken[i].count == 0)
			continue;
		if (taken[i].count > 1)
			snprintf(more, sizeof(more), " and %zu more", taken[i].count - 1);
		latent_warn(objects->latent,
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
static bool is_in_root(const struct objects *objects, const char *path) {
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < objects->latent->setup->roots_count; i++) {
		const char *root = objects->latent->setup->roots[i];

		if (strlen(root) == (size_t)(slash - path) &&
			strncmp(root, path, strlen(root)) == 0)
			return true;
	}
	return false;
}

/* Warns if 'object', a dependency of the library, would not have found 'name' by itself. */
static void check_luck(struct objects *objects, const struct image *object,
	const Dl_serinfo *search, const char *name) {
	const struct image *found = find_needed(objects, name);
	char real[PATH_MAX];

	if (!found || found < images + objects->before || strchr(name, '/') ||
		!realpath(found->map->l_name, real) ||
		!latent_is_within(real, objects->latent->setup->libs) || is_in_root(objects, real))
		return;
	for (unsigned i = 0; i < search->dls_cnt; i++) {
		if (is_found_in(found->map->l_name, search->dls_serpath[i].dls_name, name))
			return;
	}
	latent_warn(objects->latent,
		"%s, which it needs, finds its own %s only by luck: because another library had "
		"loaded that before; give it an RPATH that leads there",
		object->map->l_name, name);
}

/* Dependencies from tsuku that would not load without this library around them. */
static void check_all_luck(struct objects *objects) {
	static union {
		Dl_serinfo info;
		char bytes[65536];
	} search;
	char real[PATH_MAX];

	for (size_t i = objects->before; i < objects->count; i++) {
		const struct image *object = &images[i];
		const ElfW(Dyn) *entry = NULL;

		if (object == objects->library || !realpath(object->map->l_name, real) ||
			!latent_is_within(real, objects->latent->setup->libs))
			continue;
		if (dlinfo(object->map, RTLD_DI_SERINFOSIZE, &search.info) < 0 ||
			search.info.dls_size > sizeof(search) ||
			dlinfo(object->map, RTLD_DI_SERINFO, &search.info) < 0)
			continue;
		while ((entry = image_dynamic(object, DT_NEEDED, entry))) {
			const char *name = image_string(object, entry->d_un.d_val);

			if (name)
				check_luck(objects, object, &search.info, name);
		}
	}
}
#else
/* Where musl looks it does not tell. */
static void check_all_luck(struct objects *objects) {
	(void)objects;
}
#endif

/* Describes all objects. False if there are too many, or the library is not among them. */
static bool open_images(struct objects *objects, struct link_map *map) {
	struct link_map *first = map;

	for (size_t i = 0; first->l_prev; i++) {
		if (i == OBJECTS_MAX)
			return false;
		first = first->l_prev;
	}
	for (struct link_map *object = first; object; object = object->l_next) {
		if (objects->count == OBJECTS_MAX)
			return false;
		if (object == map) {
			objects->before = objects->count;
			objects->library = &images[objects->count];
		}
		image_open(&images[objects->count++], object);
	}
	return objects->library != NULL;
}

void latent_tell_of_needs(struct latent *latent) {
	static struct objects objects;

	objects = (struct objects){.latent = latent, .budget = BUDGET};
	if (!open_images(&objects, latent->library->map))
		return;
	check_all_needed(&objects);
	check_symbols(&objects);
	if (latent->is_tsukus)
		check_all_luck(&objects);
}
