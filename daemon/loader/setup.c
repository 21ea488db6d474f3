/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader_abi.h"

/* Enough for the usual set-up. */
#define FIRST_SIZE 65536

/* The string at *cursor, which moves behind its NUL; NULL if it does not end before 'end'. */
static const char *take_string(const char **cursor, const char *end) {
	const char *text = *cursor;
	const char *nul = memchr(text, '\0', (size_t)(end - text));

	if (!nul)
		return NULL;
	*cursor = nul + 1;
	return text;
}

static int take_rules(struct setup *setup, const char *cursor, const char *end) {
	for (uint32_t i = 0; i < setup->head->rules_count; i++) {
		struct loader_rule rule;

		if ((size_t)(end - cursor) < sizeof(rule))
			return -EPROTO;
		memcpy(&rule, cursor, sizeof(rule));
		cursor += sizeof(rule);
		const char *path = take_string(&cursor, end);
		if (!path)
			return -EPROTO;
		int fd = open(path, O_PATH | O_CLOEXEC);
		/* Without a rule that there should be, libraries would be called missing. */
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
			return -errno;
		if (fd >= 0)
			setup->rules[setup->rules_count++] = (struct setup_rule){rule.access, fd};
	}
	return 0;
}

static int take_roots(struct setup *setup, const char *cursor, const char *end) {
	for (uint32_t i = 0; i < setup->head->roots_count; i++) {
		const char *root = take_string(&cursor, end);

		if (!root || root[0] != '/')
			return -EPROTO;
		setup->roots[setup->roots_count++] = root;
	}
	if (setup->head->libs_root > setup->roots_count)
		return -EPROTO;
	setup->libs = setup->head->libs_root ? setup->roots[setup->head->libs_root - 1] : NULL;
	return 0;
}

static int parse(struct setup *setup, char *base, size_t size) {
	if (size < sizeof(struct loader_setup))
		return -EPROTO;
	const struct loader_setup *head = (const void *)base;
	if (head->magic != LOADER_MAGIC_SETUP || head->version != LOADER_ABI_VERSION)
		return -EPROTO;
	if (head->filter_count > LOADER_FILTER_MAX ||
		head->trace_filter_count > LOADER_FILTER_MAX ||
		head->rules_count > LOADER_RULES_MAX || head->roots_count > LOADER_ROOTS_MAX)
		return -EPROTO;
	size_t filter_size = ((size_t)head->filter_count + head->trace_filter_count) *
			     sizeof(struct sock_filter);
	if (size - sizeof(*head) != filter_size + head->rules_size + head->roots_size)
		return -EPROTO;

	char *rules = base + sizeof(*head) + filter_size;
	char *roots = rules + head->rules_size;
	setup->head = head;
	setup->affinity_token = (void *)(base + offsetof(struct loader_setup, affinity_token));
	setup->filter = (void *)(base + sizeof(*head));
	setup->trace_filter = setup->filter + head->filter_count;
	int r = take_rules(setup, rules, roots);
	return r ? r : take_roots(setup, roots, roots + head->roots_size);
}

/* Reads 'fd' to its end, into memory of which there is no copy: a child writes its process id into
 * the filter and wipes the token, and what is wiped shall be nowhere to be had again. */
static int read_all(int fd, char **ret_base, size_t *ret_size) {
	size_t capacity = FIRST_SIZE, size = 0;
	ssize_t length;

	char *base =
		mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	while ((length = read(fd, base + size, capacity - size)) != 0) {
		if (length < 0 && errno != EINTR)
			return -errno;
		size += length > 0 ? (size_t)length : 0;
		if (size < capacity)
			continue;
		base = mremap(base, capacity, 2 * capacity, MREMAP_MAYMOVE);
		if (base == MAP_FAILED)
			return -errno;
		capacity *= 2;
	}
	*ret_base = base;
	*ret_size = size;
	return 0;
}

int setup_read(struct setup *setup, int fd) {
	size_t size = 0;
	char *base = NULL;

	int r = read_all(fd, &base, &size);
	if (r < 0)
		return r;
	close(fd);
	return parse(setup, base, size);
}
