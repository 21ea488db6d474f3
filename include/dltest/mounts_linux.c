/* SPDX-License-Identifier: MIT */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* Symlinks followed on one way: as many as the kernel does (path_resolution(7)). */
#define LINKS_MAX 40

/* File systems of this machine's own disks and memory, and the kernel's. One in another (overlay)
 * is taken as answering as that. */
static const char *const local_types[] = {"bcachefs", "binder", "binfmt_misc", "bpf", "btrfs",
	"cgroup", "cgroup2", "configfs", "cramfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
	"erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fusectl", "hfs", "hfsplus", "hugetlbfs",
	"iso9660", "jffs2", "jfs", "minix", "mqueue", "msdos", "nilfs2", "nsfs", "ntfs", "ntfs3",
	"overlay", "proc", "pstore", "ramfs", "reiserfs", "romfs", "rootfs", "rpc_pipefs",
	"securityfs", "selinuxfs", "smackfs", "squashfs", "sysfs", "tmpfs", "tracefs", "ubifs",
	"udf", "ufs", "vfat", "xfs", "zfs"};

struct mount {
	char *point;
	uint64_t id;
	size_t order; /* of those at one point the last is the one that is seen */
	bool answers;
};

/* The mounts, ordered by their points. */
static struct {
	int fd; /* of mountinfo, by which changes are told; -1: there is none */
	bool read, all_answer, has_no_openat2;
	struct mount *mounts;
	size_t count;
} table = {.fd = -1};

static int compare(const void *one, const void *other) {
	const struct mount *a = one, *b = other;
	int order = strcmp(a->point, b->point);

	return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool is_local(const char *type) {
	for (size_t i = 0; i < sizeof(local_types) / sizeof(local_types[0]); i++) {
		if (strcmp(local_types[i], type) == 0)
			return true;
	}
	return false;
}

/* Undoes what mountinfo makes of blanks and backslashes: three octal digits each (proc(5)). */
static void unescape(char *text) {
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

/* Whether it is one without which nothing runs. */
static bool is_needed(const char *point) {
	return strcmp(point, "/") == 0 || strcmp(point, "/usr") == 0;
}

/* Takes a line: "id parent major:minor root point options [fields...] - type source options". */
static bool take_line(char *line, struct mount *ret_mount) {
	unsigned long long id;
	int start = 0, end = 0;

	if (sscanf(line, "%llu %*s %*s %*s %n%*s%n", &id, &start, &end) != 1 || end <= start)
		return false;
	const char *separator = strstr(line + end, " - ");
	if (!separator)
		return false;
	char type[64] = "";
	(void)sscanf(separator + 3, "%63s", type);
	line[end] = '\0';
	unescape(line + start);
	*ret_mount = (struct mount){.point = strdup(line + start), .id = id};
	ret_mount->answers = is_local(type) || is_needed(line + start);
	return ret_mount->point != NULL;
}

static void forget(void) {
	for (size_t i = 0; i < table.count; i++)
		free(table.mounts[i].point);
	free(table.mounts);
	table.mounts = NULL;
	table.count = 0;
	table.read = false;
	table.all_answer = true;
}

static bool add(const struct mount *mount) {
	struct mount *mounts = reallocarray(table.mounts, table.count + 1, sizeof(*mounts));

	if (!mounts)
		return false;
	table.mounts = mounts;
	mounts[table.count] = *mount;
	mounts[table.count].order = table.count;
	table.count++;
	table.all_answer &= mount->answers;
	return true;
}

static void read_table(void) {
	cleanup_file FILE *file = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	size_t capacity = 0;
	struct mount mount;

	forget();
	table.read = true;
	while (file && getline(&line, &capacity, file) > 0) {
		if (take_line(line, &mount) && !add(&mount))
			free(mount.point);
	}
	if (table.count > 0)
		qsort(table.mounts, table.count, sizeof(*table.mounts), compare);
}

/* Each open file of the table remembers what that was at its last poll (proc(5)). What is read
 * after the poll is no older. */
static void refresh(void) {
	struct pollfd changes = {.events = POLLPRI};

	if (table.fd < 0)
		table.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	changes.fd = table.fd;
	bool changed = table.fd >= 0 && poll(&changes, 1, 0) > 0;
	if (changed || !table.read)
		read_table();
}

/* The mount that is seen at the point of 'length' bytes; NULL if there is none. */
static const struct mount *find(const char *point, size_t length) {
	size_t low = 0, high = table.count;

	/* The first one above. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(table.mounts[middle].point, point, length);

		if (order > 0 || (order == 0 && table.mounts[middle].point[length]))
			high = middle;
		else
			low = middle + 1;
	}
	if (low == 0)
		return NULL;
	const struct mount *mount = &table.mounts[low - 1];
	return strncmp(mount->point, point, length) == 0 && !mount->point[length] ? mount : NULL;
}

/* openat(2) that goes to no other mount; -ENOSYS where the kernel or a container has it not. */
static int open_within(int dir, const char *path, int flags) {
	const struct open_how how = {
		.flags = (unsigned)(O_PATH | O_CLOEXEC | flags), .resolve = RESOLVE_NO_XDEV};
	long fd;

	if (table.has_no_openat2)
		return -ENOSYS;
	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		table.has_no_openat2 = true;
		return -ENOSYS;
	}
	return fd < 0 ? -errno : (int)fd;
}

static int open_plain(int dir, const char *path, int flags) {
	int fd = openat(dir, path, O_PATH | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

/* A way that is being followed: where it has come to, without symlinks, and what is left of it. */
struct way {
	int fd;
	int links;
	size_t length;
	char done[PATH_MAX];
	char rest[2 * PATH_MAX];
};

/* Back to the first 'length' bytes of what is done. */
static int go_back(struct way *way, size_t length) {
	way->length = length;
	way->done[length] = '\0';
	fd_close(way->fd);
	way->fd = open_plain(AT_FDCWD, length > 0 ? way->done : "/", O_DIRECTORY);
	return way->fd < 0 ? way->fd : 0;
}

/* Takes the next name off what is left; false if there is none. */
static bool take_name(struct way *way, char name[NAME_MAX + 2]) {
	size_t start = strspn(way->rest, "/");
	size_t length = strcspn(way->rest + start, "/");
	size_t kept = length > NAME_MAX ? NAME_MAX + 1 : length;

	memcpy(name, way->rest + start, kept);
	name[kept] = '\0';
	memmove(way->rest, way->rest + start + length, strlen(way->rest + start + length) + 1);
	return length > 0;
}

static int follow_link(struct way *way, int link) {
	char target[PATH_MAX];

	if (++way->links > LINKS_MAX)
		return -ELOOP;
	ssize_t length = readlinkat(link, "", target, sizeof(target));
	if (length <= 0)
		return length == 0 ? -ENOENT : -errno;
	size_t rest = strlen(way->rest);
	if ((size_t)length >= sizeof(target) || (size_t)length + rest + 1 > sizeof(way->rest))
		return -ENAMETOOLONG;
	memmove(way->rest + length, way->rest, rest + 1);
	memcpy(way->rest, target, (size_t)length);
	return target[0] == '/' ? go_back(way, 0) : 0;
}

/* Opens 'name' where the way has come to, unless a mount is there that may not answer. */
static int open_name(const struct way *way, const char *name, uint64_t *ret_mount) {
	int fd = open_within(way->fd, name, O_NOFOLLOW);
	char point[PATH_MAX + NAME_MAX + 2];

	if (fd != -EXDEV && fd != -ENOSYS)
		return fd;
	int length = snprintf(point, sizeof(point), "%s/%s", way->done, name);
	const struct mount *mount = find(point, (size_t)length);
	/* What is mounted and not in the table is not known. */
	if (mount ? !mount->answers : fd == -EXDEV) {
		*ret_mount = mount ? mount->id : 0;
		return -EREMOTE;
	}
	return open_plain(way->fd, name, O_NOFOLLOW);
}

static int enter(struct way *way, const char *name, int fd) {
	size_t length = strlen(name);

	if (way->length + 1 + length >= sizeof(way->done)) {
		fd_close(fd);
		return -ENAMETOOLONG;
	}
	way->done[way->length] = '/';
	memcpy(way->done + way->length + 1, name, length + 1);
	way->length += 1 + length;
	fd_close(way->fd);
	way->fd = fd;
	return 0;
}

static int step(struct way *way, const char *name, int flags, uint64_t *ret_mount) {
	struct stat status;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		const char *slash = strrchr(way->done, '/');

		return go_back(way, slash ? (size_t)(slash - way->done) : 0);
	}
	int fd = open_name(way, name, ret_mount);
	if (fd < 0)
		return fd;
	bool is_link = fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
	if (!is_link || (flags & O_NOFOLLOW && !way->rest[0]))
		return enter(way, name, fd);
	int r = follow_link(way, fd);
	fd_close(fd);
	return r;
}

/* Follows 'path' name by name. */
static int walk(const char *path, int flags, uint64_t *ret_mount) {
	struct way way = {.fd = -1};
	char name[NAME_MAX + 2];
	struct stat status;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(way.rest, path, strlen(path) + 1);
	bool wants_dir = flags & O_DIRECTORY || path[strlen(path) - 1] == '/';
	int r = go_back(&way, 0);
	while (r == 0 && take_name(&way, name))
		r = step(&way, name, flags, ret_mount);
	if (r == 0 && wants_dir && (fstat(way.fd, &status) < 0 || !S_ISDIR(status.st_mode)))
		r = -ENOTDIR;
	if (r < 0) {
		fd_close(way.fd);
		return r;
	}
	return way.fd;
}

/* The length of the longest part of 'path' that names a mount; 0: that is "/". -EREMOTE if one of
 * those may not answer. */
static int find_mount(const char *path, uint64_t *ret_mount) {
	int longest = 0;

	for (size_t i = 1; path[i]; i++) {
		const struct mount *mount;

		if ((path[i + 1] && path[i + 1] != '/') || !(mount = find(path, i + 1)))
			continue;
		*ret_mount = mount->id;
		if (!mount->answers)
			return -EREMOTE;
		longest = (int)i + 1;
	}
	return longest;
}

/* Opens 'path' from the mount that its first 'length' bytes name, if all the rest is within that.
 */
static int open_from_mount(const char *path, size_t length, int flags) {
	char point[PATH_MAX];

	if (length == 0)
		return open_within(AT_FDCWD, path, flags);
	if (length >= sizeof(point))
		return -ENAMETOOLONG;
	memcpy(point, path, length);
	point[length] = '\0';
	cleanup_fd int dir = open_plain(AT_FDCWD, point, 0);
	if (dir < 0)
		return dir;
	const char *rest = path + length + strspn(path + length, "/");
	return rest[0] ? open_within(dir, rest, flags) : open_plain(AT_FDCWD, path, flags);
}

int dltest_mounts_open(const char *path, int flags, uint64_t *ret_mount) {
	uint64_t mount = 0;

	flags &= O_NOFOLLOW | O_DIRECTORY;
	if (path[0] != '/')
		return -ENOENT;
	refresh();
	if (table.all_answer)
		return open_plain(AT_FDCWD, path, flags);
	int fd = find_mount(path, &mount);
	if (fd >= 0)
		fd = open_from_mount(path, (size_t)fd, flags);
	/* Out of the mount it goes by a symlink, by "..", or into one that came just now. */
	if (fd == -EXDEV || fd == -ENOSYS)
		fd = walk(path, flags, &mount);
	if (ret_mount)
		*ret_mount = mount;
	return fd;
}
