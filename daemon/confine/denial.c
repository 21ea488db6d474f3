/* SPDX-License-Identifier: MIT */
#include "denial.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <dltest/cleanup.h>
#include <dltest/utf8.h>

#include "notify.h"

/* Which argument of a system call is the path that says most about it. */
static const struct {
	const char *name;
	unsigned char argument;
} paths[] = {
	{"acct", 0},
	{"chdir", 0},
	{"chmod", 0},
	{"chown", 0},
	{"chroot", 0},
	{"creat", 0},
	{"execve", 0},
	{"execveat", 1},
	{"fchmodat", 1},
	{"fchmodat2", 1},
	{"fchownat", 1},
	{"inotify_add_watch", 1},
	{"lchown", 0},
	{"link", 1},
	{"linkat", 3},
	{"lremovexattr", 0},
	{"lsetxattr", 0},
	{"memfd_create", 0},
	{"mkdir", 0},
	{"mkdirat", 1},
	{"mknod", 0},
	{"mknodat", 1},
	{"mount", 1},
	{"mq_open", 0},
	{"mq_unlink", 0},
	{"open", 0},
	{"openat", 1},
	{"removexattr", 0},
	{"rename", 0},
	{"renameat", 1},
	{"renameat2", 1},
	{"rmdir", 0},
	{"setxattr", 0},
	{"swapon", 0},
	{"symlink", 1},
	{"symlinkat", 2},
	{"truncate", 0},
	{"umount2", 0},
	{"unlink", 0},
	{"unlinkat", 1},
	{"utime", 0},
	{"utimensat", 1},
	{"utimes", 0},
};

static const char *family_name(uint64_t family) {
	static const struct {
		int family;
		const char *name;
	} names[] = {
		{AF_UNIX, "AF_UNIX"},
		{AF_INET, "AF_INET"},
		{AF_INET6, "AF_INET6"},
		{AF_NETLINK, "AF_NETLINK"},
		{AF_PACKET, "AF_PACKET"},
		{AF_ALG, "AF_ALG"},
		{AF_VSOCK, "AF_VSOCK"},
		{AF_BLUETOOTH, "AF_BLUETOOTH"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((uint32_t)names[i].family == (uint32_t)family)
			return names[i].name;
	}
	return NULL;
}

static bool is_open(const char *name) {
	return strcmp(name, "open") == 0 || strcmp(name, "openat") == 0 ||
	       strcmp(name, "creat") == 0;
}

int denial_errno(const struct notify_request *request) {
	cleanup_free char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, request->number);

	return name && is_open(name) ? EACCES : EPERM;
}

bool denial_is_open(const struct notify_request *request, int *ret_flags) {
	cleanup_free char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, request->number);

	if (!name || !is_open(name))
		return false;
	*ret_flags = strcmp(name, "creat") == 0	   ? O_CREAT | O_WRONLY | O_TRUNC
		     : strcmp(name, "openat") == 0 ? (int)request->arguments[2]
						   : (int)request->arguments[1];
	return true;
}

static bool path_argument(const char *name, unsigned *ret_argument) {
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(paths[i].name, name) == 0) {
			*ret_argument = paths[i].argument;
			return true;
		}
	}
	return false;
}

bool denial_has_path(const struct notify_request *request, uint64_t *ret_address) {
	cleanup_free char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, request->number);
	unsigned argument;

	if (!name || !path_argument(name, &argument))
		return false;
	*ret_address = request->arguments[argument];
	return true;
}

static void append_path(const char *raw, size_t length, char *text, size_t size) {
	cleanup_free char *path = length > 0 ? dltest_utf8_repair(raw, length) : NULL;

	if (!path)
		return;
	size_t used = strlen(text);
	if (used + 2 > size)
		return;
	path[dltest_utf8_cut(path, strlen(path), size - used - 2)] = '\0';
	for (char *c = path; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	snprintf(text + used, size - used, " %s", path);
}

void denial_describe(const struct notify_request *request, const char *path, size_t length,
	char *text, size_t size) {
	cleanup_free char *name =
		seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, request->number);
	unsigned argument;

	if (!name) {
		snprintf(text, size, "system call %d", request->number);
		return;
	}
	snprintf(text, size, "%s", is_open(name) ? "open for writing:" : name);
	if (strncmp(name, "socket", 6) == 0) {
		const char *family = family_name(request->arguments[0]);

		if (family)
			snprintf(text + strlen(text), size - strlen(text), " %s", family);
	} else if (path_argument(name, &argument)) {
		append_path(path, length, text, size);
	} else if (strcmp(name, "ioctl") == 0 || strcmp(name, "prctl") == 0 ||
		   strcmp(name, "fcntl") == 0) {
		unsigned which = strcmp(name, "prctl") == 0 ? 0 : 1;

		snprintf(text + strlen(text), size - strlen(text), " %#x",
			(unsigned)request->arguments[which]);
	}
}
