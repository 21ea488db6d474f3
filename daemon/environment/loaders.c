/* SPDX-License-Identifier: MIT */
#include "loaders.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "clibrary.h"

/* Program headers that are looked at; a loader has a dozen. */
#define SEGMENTS_MAX 32

static const char *const names[] = {[LOADERS_GLIBC] = "glibc", [LOADERS_MUSL] = "musl"};

const char *loaders_libc_name(enum loaders_libc libc) {
	return names[libc];
}

bool loaders_find_libc(const char *name, enum loaders_libc *ret_libc) {
	for (size_t i = 0; i < LOADERS_LIBCS; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_libc = (enum loaders_libc)i;
			return true;
		}
	}
	return false;
}

/* Reads the dynamic linker that the program at 'path' names; "" if that is none. */
static void read_interpreter(const char *path, char interpreter[PATH_MAX]) {
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) header;
	ElfW(Phdr) segments[SEGMENTS_MAX];

	interpreter[0] = '\0';
	if (fd < 0 || read(fd, &header, sizeof(header)) != (ssize_t)sizeof(header) ||
		header.e_phentsize != sizeof(segments[0]) || header.e_phnum > SEGMENTS_MAX)
		return;
	size_t size = header.e_phnum * sizeof(segments[0]);
	if (pread(fd, segments, size, (off_t)header.e_phoff) != (ssize_t)size)
		return;
	for (size_t i = 0; i < header.e_phnum; i++) {
		if (segments[i].p_type != PT_INTERP || segments[i].p_filesz >= PATH_MAX)
			continue;
		ssize_t length =
			pread(fd, interpreter, segments[i].p_filesz, (off_t)segments[i].p_offset);
		interpreter[length > 0 ? length : 0] = '\0';
	}
}

static enum loaders_libc libc_of(const char *interpreter) {
	const char *slash = strrchr(interpreter, '/');

	return slash && strncmp(slash, "/ld-musl-", 9) == 0 ? LOADERS_MUSL : LOADERS_GLIBC;
}

/* What goes by the name of glibc's dynamic linker may be a stand-in of musl's for it (gcompat). */
static bool is_linker(const char *linker, enum loaders_libc libc) {
	char path[PATH_MAX + sizeof("libc.so.6")];

	if (access(linker, X_OK) < 0)
		return false;
	const char *slash = strrchr(linker, '/');
	snprintf(path, sizeof(path), "%.*s/libc.so.6", (int)(slash - linker), linker);
	return libc != LOADERS_GLIBC || access(path, R_OK) == 0;
}

/* Looks whether 'loader' can run: whether its dynamic linker is there, with its C library. Returns
 * 0 or -ENOMEM. */
static int look_for_linker(struct loader *loader) {
	cleanup_free char *linker = NULL;

	if (!loader->interpreter[0]) {
		loader->can_run = true;
		return 0;
	}
	linker = realpath(loader->interpreter, NULL);
	if (!linker && errno == ENOMEM)
		return -ENOMEM;
	loader->can_run = linker && is_linker(linker, loader->libc);
	if (!loader->can_run || (loader->linker && strcmp(loader->linker, linker) == 0))
		return 0;
	free(loader->linker);
	loader->linker = steal_ptr(&linker);
	if (loader->libc == LOADERS_GLIBC)
		clibrary_set_linker(loader->linker);
	return 0;
}

int loaders_add(struct loaders *loaders, const char *path) {
	cleanup_free char *program = realpath(path, NULL);
	char interpreter[PATH_MAX];

	if (!program || access(program, X_OK) < 0)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	read_interpreter(program, interpreter);
	enum loaders_libc libc = libc_of(interpreter);
	struct loader *loader = &loaders->of[libc];
	if (loader->can_run)
		return 0;
	free(loader->program);
	free(loader->interpreter);
	loader->libc = libc;
	loader->program = steal_ptr(&program);
	loader->interpreter = strdup(interpreter);
	if (!loader->interpreter)
		return -ENOMEM;
	int r = look_for_linker(loader);
	if (loader->can_run && (!loaders->own || libc < loaders->own->libc))
		loaders->own = loader;
	return r;
}

const struct loader *loaders_for(struct loaders *loaders, enum loaders_libc libc) {
	struct loader *loader = &loaders->of[libc];

	if (loader->program && loader != loaders->own)
		(void)look_for_linker(loader);
	return loader->can_run ? loader : NULL;
}

void loaders_fini(struct loaders *loaders) {
	for (size_t i = 0; i < LOADERS_LIBCS; i++) {
		free(loaders->of[i].program);
		free(loaders->of[i].interpreter);
		free(loaders->of[i].linker);
	}
	*loaders = (struct loaders){0};
}
