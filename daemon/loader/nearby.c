/* SPDX-License-Identifier: MIT */
#include "nearby.h"

#include <dirent.h>
#include <dltest/fact.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfdyn.h"
#include "facts.h"
#include "listing.h"
#include "setup.h"

/* Names up to their suffix that are shorter than this are like too many others. */
#define STEM_MIN 12
/* Libraries of which the symbols are looked at, and how large they may be. */
#define DEFINERS_MAX 256
#define SIZE_MAX_OF  (512L * 1024 * 1024)

/* How a file is like a library that is not there; the letter begins the fact. */
enum likeness {
	UNLIKE = 0,
	LIKE_VERSION = 'v', /* it is another version */
	LIKE_SPELT = 'n',   /* its name has a letter more, or another one */
	LIKE_PLACED = 'p',  /* it has that name, and is elsewhere than at the path that is needed */
};

/* The length of "libx.so" of "libx.so.2". */
static size_t stem_length(const char *name) {
	const char *suffix = strstr(name, ".so");

	return suffix && (suffix[3] == '\0' || suffix[3] == '.') ? (size_t)(suffix - name) + 3 : 0;
}

/* Whether 'shorter' becomes 'longer' by one letter that is put in, or changed where they are
 * equally long. */
static bool becomes(const char *shorter, const char *longer, bool changed) {
	size_t same = 0;

	while (shorter[same] && shorter[same] == longer[same])
		same++;
	return longer[same] &&
	       strcmp(shorter + same + (changed && shorter[same]), longer + same + 1) == 0;
}

static bool differ_by_one(const char *one, const char *other) {
	size_t length = strlen(one), other_length = strlen(other);

	if (length == other_length)
		return becomes(one, other, true);
	if (length + 1 == other_length)
		return becomes(one, other, false);
	return other_length + 1 == length && becomes(other, one, false);
}

static enum likeness find_likeness(const char *wanted, const char *name) {
	const char *base = strrchr(wanted, '/');
	size_t stem = stem_length(wanted);

	if (base)
		return strcmp(base + 1, name) == 0 ? LIKE_PLACED : UNLIKE;
	if (strcmp(wanted, name) == 0)
		return UNLIKE;
	if (stem > 0 && stem_length(name) == stem && strncmp(wanted, name, stem) == 0)
		return LIKE_VERSION;
	/* Cut at its front, as by who edits the strings of a file. */
	if (stem > 0 && strcmp(wanted, name + 1) == 0)
		return LIKE_SPELT;
	return stem >= STEM_MIN && differ_by_one(wanted, name) ? LIKE_SPELT : UNLIKE;
}

static void tell(enum likeness likeness, const char *wanted, const char *path) {
	char text[2 * PATH_MAX];

	/* Two lines: a path may be what is wanted. */
	if (snprintf(text, sizeof(text), "%c%s\n%s", (char)likeness, wanted, path) <
		(int)sizeof(text))
		facts_add(DLTEST_FACT_NEAR, text);
}

/* Whether one of the listed files is like it, which is told. */
static bool tell_listed(const char *wanted) {
	size_t count;
	const struct listing_file *files = listing_files(&count);
	char path[PATH_MAX];

	for (size_t i = 0; i < count; i++) {
		enum likeness likeness = find_likeness(wanted, files[i].name);

		if (likeness == UNLIKE || !listing_path(&files[i], path))
			continue;
		tell(likeness, wanted, path);
		return true;
	}
	return false;
}

/* The same of the files in 'directory', which the dynamic linker searches for everybody. */
static bool tell_in(const char *directory, const char *wanted) {
	DIR *opened = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];
	bool found = false;

	if (!opened)
		return false;
	while (!found && (entry = readdir(opened))) {
		enum likeness likeness = find_likeness(wanted, entry->d_name);

		/* For compilers. */
		if (likeness == LIKE_VERSION && entry->d_name[stem_length(entry->d_name)] == '\0')
			continue;
		found = likeness != UNLIKE &&
			snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) < PATH_MAX;
		if (found)
			tell(likeness, wanted, path);
	}
	closedir(opened);
	return found;
}

void nearby_tell_like(const struct setup *setup, const char *name) {
	if (tell_listed(name))
		return;
	for (size_t i = 0; i < setup->roots_count; i++) {
		if (tell_in(setup->roots[i], name))
			return;
	}
}

static bool defines(const void *bytes, size_t size, const char *symbol) {
	struct elfdyn elf;

	return elfdyn_read(bytes, size, &elf) == 0 && elfdyn_find(&elf, symbol) > 0;
}

/* Whether the library at 'path' defines it. */
static bool is_definer(const char *path, const char *symbol) {
	struct stat status;
	bool found = false;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
		status.st_size < SIZE_MAX_OF) {
		size_t size = (size_t)status.st_size;
		void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (bytes != MAP_FAILED) {
			found = defines(bytes, size, symbol);
			munmap(bytes, size);
		}
	}
	close(fd);
	return found;
}

void nearby_tell_definer(const char *symbol) {
	char path[PATH_MAX], text[PATH_MAX + 4096];
	size_t count;
	const struct listing_file *files = listing_files(&count);

	for (size_t i = 0; i < count && i < DEFINERS_MAX; i++) {
		if (!listing_path(&files[i], path) || !is_definer(path, symbol))
			continue;
		if (snprintf(text, sizeof(text), "%s\n%s", symbol, path) < (int)sizeof(text))
			facts_add(DLTEST_FACT_DEFINER, text);
		return;
	}
}
