/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/* Of /proc a child sees itself, and this: what any program may know of the machine. Its name is
 * looked up once, so that what is behind it stays what it is. */
static const char *const machine[SETUP_MACHINE] = {"/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
	"/proc/version", "/proc/filesystems", "/proc/loadavg", "/proc/uptime", "/proc/sys"};

/* Opens 'path' for a rule. Returns a descriptor, -1 where there is no such thing, or -errno for
 * want of room: without a rule that there should be, libraries would be called missing. */
static int open_for_rule(const char *path, int *ret_fd) {
	*ret_fd = open(path, O_PATH | O_CLOEXEC);
	return *ret_fd < 0 && setup_lacks_room(errno) ? -errno : 0;
}

/* The length of the first element of where 'fd' leads, "/usr" of "/usr/lib"; 0 if that is / or in
 * /proc, or not known. */
static size_t first_element(int fd, char path[PATH_MAX]) {
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, PATH_MAX - 1);
	if (length < 2 || path[0] != '/')
		return 0;
	path[length] = '\0';
	size_t element = 1 + strcspn(path + 1, "/");
	return element == strlen("/proc") && strncmp(path, "/proc", element) == 0 ? 0 : element;
}

static bool has_rule(const struct setup *setup, const struct stat *status) {
	for (size_t i = 0; i < setup->rules_count; i++) {
		if (setup->rules[i].dev == status->st_dev && setup->rules[i].ino == status->st_ino)
			return true;
	}
	return false;
}

/* Takes the rule of 'fd', which is taken over, unless there is one already. */
static void take_rule(struct setup *setup, uint64_t access, int fd) {
	struct stat status;

	if (fstat(fd, &status) < 0 || has_rule(setup, &status)) {
		close(fd);
		return;
	}
	if (!S_ISDIR(status.st_mode))
		access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
	setup->rules[setup->rules_count++] = (struct setup_rule){
		.access = access, .fd = fd, .dev = status.st_dev, .ino = status.st_ino};
}

/*
 * Takes a rule for what may be read at 'path'. The layer that the zygote is in has it as it is;
 * each child's own is there to take /proc away, and rules cost each child time. So that one has a
 * rule for all that is below the same directory of the root.
 */
static int take_wide_rule(struct setup *setup, uint64_t access, const char *path) {
	char real[PATH_MAX];
	int fd, wide;

	int r = open_for_rule(path, &fd);
	if (r < 0 || fd < 0)
		return r;
	size_t length = first_element(fd, real);
	if (length == 0 || real[length] == '\0') {
		take_rule(setup, access, fd);
		return 0;
	}
	real[length] = '\0';
	r = open_for_rule(real, &wide);
	close(fd);
	if (r == 0 && wide >= 0)
		take_rule(setup, setup->head->landlock_proc, wide);
	return r;
}

static int take_machine(struct setup *setup) {
	int fd, r = 0;

	for (size_t i = 0; i < sizeof(machine) / sizeof(machine[0]) && r == 0; i++) {
		r = open_for_rule(machine[i], &fd);
		if (r == 0 && fd >= 0)
			take_rule(setup, setup->head->landlock_proc, fd);
	}
	return r;
}

static int take_rules(struct setup *setup, const char *cursor, const char *end) {
	int r = 0;

	for (uint32_t i = 0; i < setup->head->rules_count && r == 0; i++) {
		struct loader_rule rule;

		if ((size_t)(end - cursor) < sizeof(rule))
			return -EPROTO;
		memcpy(&rule, cursor, sizeof(rule));
		cursor += sizeof(rule);
		const char *path = take_string(&cursor, end);
		if (!path)
			return -EPROTO;
		r = take_wide_rule(setup, rule.access, path);
	}
	/* Without rules there is no layer. */
	return r == 0 && setup->head->landlock_fs ? take_machine(setup) : r;
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
