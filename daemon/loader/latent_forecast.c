/* SPDX-License-Identifier: MIT */
/* Where a library that has loaded here will not load: older C libraries, lesser processors. */
#include "latent_parts.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "image.h"
#include "platform.h"

/* Of the System V ABI; not in <elf.h> of musl before 1.2.4. */
#ifndef DT_RELR
#define DT_RELR 36
#endif

/* What is read of a note: those with a property have less. */
#define NOTE_MAX 1024
/* More than any library needs: versions and the files that have them, and files of glibc with one
 * and the same version. */
#define VERSIONS_MAX 1000
#define FILES_MAX    16
/* Symbols that are bound by luck. Steps to look for others that define them. */
#define LUCKY_MAX 64
#define BUDGET	  1000000ul

/* A version of glibc as a number that grows with it. */
#define GLIBC(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

/* The first one there was for this machine (shlib-versions in glibc's sources): what needs no newer
 * one runs on all. */
#if defined(__x86_64__)
#define GLIBC_FIRST GLIBC(2u, 2, 5)
#elif defined(__aarch64__)
#define GLIBC_FIRST GLIBC(2u, 17, 0)
#elif defined(__riscv)
#define GLIBC_FIRST GLIBC(2u, 27, 0)
#else
#define GLIBC_FIRST GLIBC(2u, 0, 0)
#endif

/* The newest version of glibc that the library needs. */
struct newest {
	unsigned version;	     /* of GLIBC(); 0: none */
	uint16_t indices[FILES_MAX]; /* that its symbols have it by, one for each file */
	size_t indices_count;
};

/* A table of the library's, and how much of it may be read. */
static const unsigned char *table_of(const struct image *image, ElfW(Sxword) tag, size_t size) {
	const ElfW(Dyn) *entry = image_dynamic(image, tag, NULL);
	const char *table = entry ? image_address(image->map, entry->d_un.d_ptr) : NULL;

	return table && image_has(image, table, size) ? (const void *)table : NULL;
}

static bool read_at(const struct image *image, uintptr_t address, void *record, size_t size) {
	if (!image_has(image, (const void *)address, size))
		return false;
	memcpy(record, (const void *)address, size);
	return true;
}

/* The number of "GLIBC_2.34" and the like; 0 for GLIBC_PRIVATE and others, which have none. */
static unsigned number_of(const char *name) {
	unsigned major, minor, patch = 0;

	/* Says how the library is to be relocated, and not what it uses. */
	if (strcmp(name, "GLIBC_ABI_DT_RELR") == 0)
		return GLIBC(2u, 36, 0);
	if (sscanf(name, "GLIBC_%3u.%3u.%3u", &major, &minor, &patch) < 2 || major > 255 ||
		minor > 255 || patch > 255)
		return 0;
	return GLIBC(major, minor, patch);
}

static void take_version(
	const struct image *image, const ElfW(Vernaux) * needed, struct newest *newest) {
	const char *name = image_string(image, needed->vna_name);
	/* Without a weak one it loads, too. */
	unsigned version = name && !(needed->vna_flags & VER_FLG_WEAK) ? number_of(name) : 0;

	if (version == 0 || version < newest->version)
		return;
	if (version > newest->version)
		*newest = (struct newest){.version = version};
	if (newest->indices_count < FILES_MAX)
		newest->indices[newest->indices_count++] = needed->vna_other;
}

/* Takes the versions that are needed of one file, the first of them at 'at'. */
static void take_versions(
	const struct image *image, uintptr_t at, unsigned *budget, struct newest *newest) {
	ElfW(Vernaux) needed;

	while (*budget > 0 && read_at(image, at, &needed, sizeof(needed))) {
		(*budget)--;
		take_version(image, &needed, newest);
		if (needed.vna_next == 0)
			return;
		at += needed.vna_next;
	}
}

static struct newest find_newest(const struct image *image) {
	uintptr_t at = (uintptr_t)table_of(image, DT_VERNEED, sizeof(ElfW(Verneed)));
	struct newest newest = {0};
	unsigned budget = VERSIONS_MAX;
	ElfW(Verneed) file;

	while (at && budget > 0 && read_at(image, at, &file, sizeof(file))) {
		budget--;
		take_versions(image, at + file.vn_aux, &budget, &newest);
		at = file.vn_next ? at + file.vn_next : 0;
	}
	return newest;
}

/* The version index of each symbol that can be walked, of which there are 'count'; or NULL. */
static const unsigned char *versions_of(const struct image *image, size_t count) {
	return table_of(image, DT_VERSYM, count * sizeof(ElfW(Versym)));
}

static unsigned index_of(const unsigned char *versions, size_t symbol) {
	ElfW(Versym) index;

	memcpy(&index, versions + symbol * sizeof(index), sizeof(index));
	return index & 0x7fffu;
}

static bool has_newest(const struct newest *newest, unsigned index) {
	for (size_t i = 0; i < newest->indices_count; i++) {
		if ((newest->indices[i] & 0x7fffu) == index)
			return true;
	}
	return false;
}

/* Writes for which symbols the newest version is needed: ", for pow and 2 more". Where none can be
 * found there is nothing to write. */
static void name_symbols(
	const struct image *image, const struct newest *newest, char *words, size_t size) {
	size_t count = image_count_symbols(image), found = 0;
	const unsigned char *versions = versions_of(image, count);
	const char *first = NULL;

	for (size_t i = 1; versions && i < count; i++) {
		const char *name =
			has_newest(newest, index_of(versions, i)) ? image_wanted(image, i) : NULL;

		if (name && found++ == 0)
			first = name;
	}
	if (found > 1)
		snprintf(words, size, ", for %.200s and %zu more", first, found - 1);
	else if (found == 1)
		snprintf(words, size, ", for %.200s", first);
}

static void check_glibc(struct latent *latent, const struct newest *newest) {
	char number[32], symbols[300] = "";
	unsigned patch = newest->version & 0xff;

	if (newest->version <= GLIBC_FIRST)
		return;
	snprintf(number, sizeof(number), patch ? "%u.%u.%u" : "%u.%u", newest->version >> 16,
		newest->version >> 8 & 0xff, patch);
	name_symbols(latent->library, newest, symbols, sizeof(symbols));
	if (!*symbols && newest->version == GLIBC(2u, 36, 0) &&
		image_dynamic(latent->library, DT_RELR, NULL))
		snprintf(symbols, sizeof(symbols), ", for its packed relocations (DT_RELR)");
	latent_warn(latent, "needs glibc %s or later%s", number, symbols);
}

static void check_processor(struct latent *latent) {
#if defined(__x86_64__) || defined(__i386__)
	const ElfW(Phdr) *phdr = NULL;
	unsigned level = 0;

	while (level == 0 &&
		(phdr = image_phdr(latent->library, PT_NOTE, phdr ? phdr + 1 : NULL))) {
		const char *notes = (const char *)latent->library->map->l_addr + phdr->p_vaddr;
		size_t size = phdr->p_memsz < NOTE_MAX ? phdr->p_memsz : NOTE_MAX;

		if (image_has(latent->library, notes, size))
			level = platform_level_of_notes((const void *)notes, size);
	}
	/* The first level is what all of them have. */
	if (level > 1)
		latent_warn(latent, "needs a processor of x86-64-v%u", level);
#else
	(void)latent;
#endif
}

/* Before 2.35 (bug 28688), glibc refused what pages of this system's size do not need. */
static void check_alignment(struct latent *latent) {
	const ElfW(Phdr) *phdr = NULL;

	while ((phdr = image_phdr(latent->library, PT_LOAD, phdr ? phdr + 1 : NULL))) {
		/* 0 and 1 ask for nothing, and what is no power of two is nobody's. */
		if (phdr->p_align == 0 || (phdr->p_align & (phdr->p_align - 1)) != 0 ||
			((phdr->p_vaddr - phdr->p_offset) & (phdr->p_align - 1)) == 0)
			continue;
		latent_warn(latent,
			"its segment at 0x%lx is elsewhere in the file than its alignment of "
			"0x%lx allows, which glibc before 2.35 refuses; link it anew, or undo "
			"what has edited it (patchelf, strip)",
			(unsigned long)phdr->p_vaddr, (unsigned long)phdr->p_align);
		return;
	}
}

/* Symbols that are libc's by luck: without a version, and until glibc 2.33 of another library. */
struct lucky {
	struct {
		const char *name;
		const char *soname; /* NULL: something else defines it */
	} symbols[LUCKY_MAX];
	size_t count;
};

static bool is_needed(const struct image *image, const char *soname) {
	const ElfW(Dyn) *entry = NULL;

	while ((entry = image_dynamic(image, DT_NEEDED, entry))) {
		const char *name = image_string(image, entry->d_un.d_val);

		if (name && strcmp(name, soname) == 0)
			return true;
	}
	return false;
}

static void find_lucky(const struct image *image, struct lucky *lucky) {
	size_t count = image_count_symbols(image);
	const unsigned char *versions = versions_of(image, count);

	for (size_t i = 1; i < count && lucky->count < LUCKY_MAX; i++) {
		bool has_version = versions && index_of(versions, i) > VER_NDX_GLOBAL;
		const char *name = has_version ? NULL : image_undefined(image, i);
		const char *soname = name ? latent_moved_from(name) : NULL;

		if (!soname || is_needed(image, soname))
			continue;
		lucky->symbols[lucky->count].name = name;
		lucky->symbols[lucky->count++].soname = soname;
	}
}

/* Forgets the symbols that an object besides the C library defines: with an older one they may be
 * bound to that. */
static void leave_out_others(const struct image *image, struct lucky *lucky) {
	static struct image other;
	unsigned long budget = BUDGET;
	struct link_map *map = image->map;

	while (map->l_prev)
		map = map->l_prev;
	for (; map && lucky->count > 0; map = map->l_next) {
		image_open(&other, map);
		if (image_is_called(&other, "libc.so.6"))
			continue;
		for (size_t i = 0; i < lucky->count; i++) {
			if (image_defines(&other, lucky->symbols[i].name, &budget) || budget == 0)
				lucky->symbols[i].soname = NULL;
		}
	}
}

/* A warning for each library that had some of the symbols. */
static void tell_lucky(struct latent *latent, const struct lucky *lucky, size_t first) {
	const char *soname = lucky->symbols[first].soname;
	size_t count = 0;
	char more[40] = "";

	for (size_t i = 0; i < lucky->count; i++) {
		/* The names of the libraries are the table's own: each is there once. */
		if (lucky->symbols[i].soname != soname)
			continue;
		if (i < first)
			return;
		count++;
	}
	if (count > 1)
		snprintf(more, sizeof(more), " and %zu more", count - 1);
	latent_warn(latent,
		"uses %.200s%s without a version and without needing %s (DT_NEEDED), which had "
		"that before glibc 2.34 moved it to libc.so.6; link it with it",
		lucky->symbols[first].name, more, soname);
}

static void check_luck(struct latent *latent) {
	static struct lucky lucky;

	lucky.count = 0;
	find_lucky(latent->library, &lucky);
	leave_out_others(latent->library, &lucky);
	for (size_t i = 0; i < lucky.count; i++) {
		if (lucky.symbols[i].soname)
			tell_lucky(latent, &lucky, i);
	}
}

void latent_forecast(struct latent *latent) {
	struct newest newest = find_newest(latent->library);

	check_processor(latent);
	check_glibc(latent, &newest);
	check_alignment(latent);
	/* An older glibc does not come to the rest of what needs a newer one. */
	if (newest.version < GLIBC(2u, 34, 0))
		check_luck(latent);
}
