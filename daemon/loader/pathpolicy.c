/* SPDX-License-Identifier: MIT */
#include "pathpolicy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "links.h"

static enum dltest_reason refuse(struct pathpolicy *policy, enum dltest_reason reason,
	const char *pattern, ...) __attribute__((format(printf, 3, 4)));

static enum dltest_reason refuse(
	struct pathpolicy *policy, enum dltest_reason reason, const char *pattern, ...) {
	va_list arguments;

	va_start(arguments, pattern);
	vsnprintf(policy->text, sizeof(policy->text), pattern, arguments);
	va_end(arguments);
	if (policy->fd >= 0)
		close(policy->fd);
	policy->fd = -1;
	return reason;
}

enum dltest_reason pathpolicy_reason_of_error(int error) {
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return DLTEST_REASON_NOT_FOUND;
	case EACCES:
	case EPERM:
		return DLTEST_REASON_PERMISSION_DENIED;
	case ELOOP:
	case ENAMETOOLONG:
		return DLTEST_REASON_INVALID_PATH;
	default:
		return DLTEST_REASON_NO_VERDICT;
	}
}

static enum dltest_reason refuse_open(struct pathpolicy *policy, const char *path, int error) {
	static char words[2 * PATH_MAX + 100];

	if (error == ENOENT && links_tell_dangling(path, words, sizeof(words)))
		return refuse(policy, DLTEST_REASON_NOT_FOUND, "%s: %s", path, words);
	return refuse(policy, pathpolicy_reason_of_error(error), "%s: %s", path, strerror(error));
}

static const char *kind_of_file(mode_t mode) {
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "not a regular file";
	}
}

/* The path of what is open at 'fd', as the kernel names it; where /proc is not mounted, as
 * realpath() finds it. Without one, errno tells why. */
static bool real_path_of(int fd, const char *path, char real[PATH_MAX]) {
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, real, PATH_MAX - 1);
	if (length > 0) {
		real[length] = '\0';
		errno = ENOENT;
		return real[0] == '/';
	}
	return realpath(path, real) != NULL;
}

static bool is_below(const char *path, const char *root) {
	/* Of what was resolved, the root directory alone ends with a slash. */
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(path, root, length) == 0 && path[length] == '/';
}

static bool is_allowed(const struct setup *setup, const char *real) {
	for (size_t i = 0; i < setup->roots_count; i++) {
		if (is_below(real, setup->roots[i]))
			return true;
	}
	return false;
}

enum dltest_reason pathpolicy_open(
	struct pathpolicy *policy, const struct setup *setup, const char *path) {
	char real[PATH_MAX];

	do
		policy->fd = open(path, O_PATH | O_CLOEXEC);
	while (policy->fd < 0 && errno == EINTR);
	if (policy->fd < 0)
		return refuse_open(policy, path, errno);
	if (fstat(policy->fd, &policy->status) < 0)
		return refuse_open(policy, path, errno);
	bool has_path = real_path_of(policy->fd, path, real);
	if (!has_path && errno != ENOENT)
		return refuse_open(policy, path, errno);
	if (!has_path)
		return refuse(policy, DLTEST_REASON_NOT_FOUND,
			"%s: was removed while it was being checked", path);
	if (!is_allowed(setup, real))
		return refuse(policy, DLTEST_REASON_OUTSIDE_ROOTS,
			"%s: %s%snot below a directory that libraries may be loaded from", path,
			strcmp(real, path) == 0 ? "" : real, strcmp(real, path) == 0 ? "" : " is ");
	if (!S_ISREG(policy->status.st_mode))
		return refuse(policy, DLTEST_REASON_NOT_A_FILE, "%s: is %s", path,
			kind_of_file(policy->status.st_mode));
	return DLTEST_REASON_NONE;
}
