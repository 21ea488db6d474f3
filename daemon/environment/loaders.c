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

int loaders_add(struct loaders *loaders, const char *path) {
	cleanup_free char *program = realpath(path, NULL), *linker = NULL;
	char interpreter[PATH_MAX];

	if (!program || access(program, X_OK) < 0)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	read_interpreter(program, interpreter);
	enum loaders_libc libc = libc_of(interpreter);
	struct loader *loader = &loaders->of[libc];
	if (loader->can_run)
		return 0;
	linker = realpath(interpreter, NULL);
	if (!linker && errno == ENOMEM)
		return -ENOMEM;
	free(loader->program);
	loader->libc = libc;
	loader->can_run = !interpreter[0] || (linker && is_linker(linker, libc));
	loader->program = steal_ptr(&program);
	loader->linker = loader->can_run ? steal_ptr(&linker) : NULL;
	for (size_t i = 0; i < LOADERS_LIBCS && !loaders->own; i++)
		loaders->own = loaders_for(loaders, (enum loaders_libc)i);
	return 0;
}

const struct loader *loaders_for(const struct loaders *loaders, enum loaders_libc libc) {
	const struct loader *loader = &loaders->of[libc];

	return loader->can_run ? loader : NULL;
}

void loaders_fini(struct loaders *loaders) {
	for (size_t i = 0; i < LOADERS_LIBCS; i++) {
		free(loaders->of[i].program);
		free(loaders->of[i].linker);
	}
	*loaders = (struct loaders){0};
}
