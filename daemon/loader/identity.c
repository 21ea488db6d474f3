/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader_abi.h"

/* The columns of a line of /proc/self/maps that say which file is mapped where (proc(5)):
 * "55d0-55d2 r--p 00000000 fe:00 1234 /path". */
struct mapping {
	uintptr_t start, end;
	uint64_t major, minor, inode;
};

/* The argument of PROCMAP_QUERY (uapi/linux/fs.h), which the headers of Debian 12 lack. */
struct procmap_query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

struct search {
	uintptr_t wanted[2];
	struct mapping found[2];
	int count;
};

static const char *take_number(const char *cursor, unsigned base, uint64_t *ret_number) {
	uint64_t number = 0;

	for (;; cursor++) {
		unsigned digit = (unsigned)*cursor - '0';

		if (*cursor >= 'a' && *cursor <= 'f')
			digit = (unsigned)*cursor - 'a' + 10;
		if (digit >= base)
			break;
		number = number * base + digit;
	}
	*ret_number = number;
	return *cursor ? cursor + 1 : cursor;
}

/* 'line' ends with a newline or a NUL. */
static void parse_line(const char *line, struct mapping *mapping) {
	uint64_t start, end, offset;

	line = take_number(line, 16, &start);
	line = take_number(line, 16, &end);
	line += strnlen(line, 5); /* "r-xp " */
	line = take_number(line, 16, &offset);
	line = take_number(line, 16, &mapping->major);
	line = take_number(line, 16, &mapping->minor);
	take_number(line, 10, &mapping->inode);
	mapping->start = (uintptr_t)start;
	mapping->end = (uintptr_t)end;
}

static void compare_line(struct search *search, const char *line) {
	struct mapping mapping;

	parse_line(line, &mapping);
	for (int i = 0; i < 2; i++) {
		if (search->wanted[i] >= mapping.start && search->wanted[i] < mapping.end) {
			search->found[i] = mapping;
			search->count++;
		}
	}
}

/* Reads the table in pieces and hands over each whole line; a line that is longer than the buffer
 * has its numbers in its first piece, which is all that is compared. */
static void search_maps(struct search *search, int fd) {
	char buffer[4096 + 1];
	size_t kept = 0;
	bool in_tail = false;

	while (search->count < 2) {
		ssize_t length = read(fd, buffer + kept, sizeof(buffer) - 1 - kept);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return;
		kept += (size_t)length;
		buffer[kept] = '\0';

		char *line = buffer, *newline;
		while ((newline = memchr(line, '\n', kept - (size_t)(line - buffer)))) {
			if (!in_tail)
				compare_line(search, line);
			in_tail = false;
			line = newline + 1;
		}
		kept -= (size_t)(line - buffer);
		memmove(buffer, line, kept);
		if (kept == sizeof(buffer) - 1) {
			buffer[kept] = '\0';
			if (!in_tail)
				compare_line(search, buffer);
			in_tail = true;
			kept = 0;
		}
	}
}

void identity_take(struct identity *identity, int fd) {
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

	identity->page = page == MAP_FAILED ? NULL : page;
}

/* Asks for the one mapping at 'address' (PROCMAP_QUERY, Linux 6.11), which costs nothing of what it
 * costs to print and to read all of them. */
static bool query(int fd, uintptr_t address, struct mapping *ret_mapping) {
	struct procmap_query query = {.size = sizeof(query), .query_addr = address};

	/* Not ioctl(), which takes an int with musl. */
	if (syscall(SYS_ioctl, fd, LOADER_PROCMAP_QUERY, &query) < 0)
		return false;
	*ret_mapping = (struct mapping){
		.major = query.dev_major, .minor = query.dev_minor, .inode = query.inode};
	return true;
}

/* Finds both mappings; false when one is not there. */
static bool find_both(struct search *search, int fd) {
	if (query(fd, search->wanted[0], &search->found[0]) &&
		query(fd, search->wanted[1], &search->found[1]))
		return true;
	search_maps(search, fd);
	return search->count == 2;
}

enum identity_answer identity_compare(const struct identity *identity, const void *address) {
	struct search search = {.wanted = {(uintptr_t)identity->page, (uintptr_t)address}};

	if (!identity->page)
		return IDENTITY_SAME;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return IDENTITY_SAME;
	bool found = find_both(&search, fd);
	close(fd);
	const struct mapping *judged = &search.found[0], *loaded = &search.found[1];
	if (!found)
		return IDENTITY_NOTHING;
	/* No file is behind a mapping that the library's code has already replaced by its own. */
	if (loaded->inode == 0 ||
		(judged->major == loaded->major && judged->minor == loaded->minor &&
			judged->inode == loaded->inode))
		return IDENTITY_SAME;
	return IDENTITY_OTHER;
}
