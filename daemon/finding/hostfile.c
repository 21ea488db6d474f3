/* SPDX-License-Identifier: MIT */
#include "hostfile.h"

#include <ctype.h>
#include <dltest/cleanup.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elfnative.h"

#define SIZE_MAX_MAPPED ((off_t)512 * 1024 * 1024)

/* Most files in a directory of programs are none: what a read tells is not mapped. */
static bool is_native(int fd) {
	ElfW(Ehdr) head;

	return read(fd, &head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
	       head.e_ident[EI_CLASS] == ELFNATIVE_CLASS &&
	       head.e_ident[EI_DATA] == ELFNATIVE_DATA && head.e_machine == ELFNATIVE_MACHINE &&
	       (head.e_type == ET_DYN || head.e_type == ET_EXEC);
}

static void count_exports(struct hostfile *file) {
	struct elfdyn_symbol symbol;

	for (size_t i = 0; i < file->elf.symbols_count && file->exports < HOSTFILE_EXPORTS_MIN; i++)
		file->exports += elfdyn_symbol(&file->elf, i, &symbol) && symbol.is_given;
}

static int map(int fd, size_t size, struct hostfile *file) {
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	if (elfdyn_read(bytes, size, &file->elf) < 0) {
		munmap(bytes, size);
		return 0;
	}
	file->is_native = true;
	file->soname = elfdyn_text(&file->elf, DT_SONAME, 0);
	file->is_program = file->elf.has_interpreter && !file->soname;
	count_exports(file);
	if (file->exports == 0 && file->is_program) {
		munmap(bytes, size);
		file->elf = (struct elfdyn){0};
	}
	return 0;
}

int hostfile_init(const char *path, const struct stat *status, struct hostfile *ret_file) {
	struct hostfile file = {.stamp = stamp_of(status)};
	struct stat now;

	if (!S_ISREG(status->st_mode) || status->st_size > SIZE_MAX_MAPPED) {
		*ret_file = file;
		return 0;
	}
	/* Something else may have taken its place: a FIFO must not keep anybody. */
	cleanup_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &now) < 0)
		return -errno;
	file.stamp = stamp_of(&now);
	int r = 0;
	if (S_ISREG(now.st_mode) && now.st_size <= SIZE_MAX_MAPPED && is_native(fd))
		r = map(fd, (size_t)now.st_size, &file);
	if (r == 0)
		*ret_file = file;
	return r;
}

void hostfile_fini(struct hostfile *file) {
	if (file->elf.bytes) {
		union {
			const unsigned char *bytes;
			void *mapping;
		} all = {file->elf.bytes};

		munmap(all.mapping, file->elf.size);
	}
	*file = (struct hostfile){0};
}

bool hostfile_gives(const struct hostfile *file, const char *name) {
	return file->elf.bytes && elfdyn_find(&file->elf, name) != 0;
}

bool hostfile_has_version(const struct hostfile *file) {
	const char *suffix = file->soname ? strstr(file->soname, ".so.") : NULL;

	return suffix && isdigit((unsigned char)suffix[4]);
}
