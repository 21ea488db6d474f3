/* SPDX-License-Identifier: MIT */
#include <dltest/mounts.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/mounttable.h>
#include <dltest/number.h>

/* As the kernel has it (path_resolution(7)). */
#define LINKS_MAX 40

struct dltest_mounts {
	struct dltest_mounttable table;
	bool has_no_openat2;
};

/* A way that is walked name by name, links followed by hand. */
struct walk {
	struct dltest_mounts *mounts;
	int dir;	     /* where it has come to */
	char here[PATH_MAX]; /* the same as a path without links; "" is the root */
	char rest[PATH_MAX];
	bool in_proc;
	unsigned links;
	struct dltest_mount *ret_mount;
};

struct dltest_mounts *dltest_mounts_new(void) {
	struct dltest_mounts *mounts = calloc(1, sizeof(*mounts));

	if (mounts)
		dltest_mounttable_init(&mounts->table);
	return mounts;
}

struct dltest_mounts *dltest_mounts_free(struct dltest_mounts *mounts) {
	if (mounts)
		dltest_mounttable_fini(&mounts->table);
	free(mounts);
	return NULL;
}

static int open_plainly(int dir, const char *name, int flags) {
	int fd = openat(dir, name, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Returns a descriptor; -EXDEV if the way leaves the mount that it begins on; -ENOSYS where nothing
 * tells; another -errno. */
static int open_within(struct dltest_mounts *mounts, int dir, const char *name, int flags) {
	const struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};

	if (mounts->has_no_openat2)
		return -ENOSYS;
	int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	/* Filters of containers refuse what they do not know with the one or the other. */
	if (errno == ENOSYS)
		mounts->has_no_openat2 = true;
	return errno == EPERM ? -ENOSYS : -errno;
}

static int say_mount(const struct walk *walk, const struct dltest_mounttable_entry *entry) {
	if (walk->ret_mount)
		*walk->ret_mount = entry ? entry->mount : (struct dltest_mount){0};
	return -EREMOTE;
}

/* The path of 'name' below where the walk is. */
static int put_below(const struct walk *walk, const char *name, char below[PATH_MAX]) {
	int length = snprintf(below, PATH_MAX, "%s/%s", walk->here, name);

	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Over the edge of a mount, which the table may not have known. */
static int open_across(struct walk *walk, const char *below, const char *name, int flags) {
	struct dltest_mounttable *table = &walk->mounts->table;

	int r = dltest_mounttable_refresh(table);
	const struct dltest_mounttable_entry *entry =
		r < 0 ? NULL : dltest_mounttable_find(table, below);
	if (!entry || !entry->answers)
		return say_mount(walk, entry);
	return open_plainly(walk->dir, name, flags);
}

/* Opens 'name' in the directory where the walk is; 'flags' have O_NOFOLLOW. */
static int open_below(struct walk *walk, const char *name, int flags, bool *ret_in_proc) {
	char below[PATH_MAX];

	int r = put_below(walk, name, below);
	if (r < 0)
		return r;
	const struct dltest_mounttable_entry *entry =
		dltest_mounttable_find(&walk->mounts->table, below);
	*ret_in_proc = entry ? entry->is_proc : walk->in_proc;
	if (entry && !entry->answers)
		return say_mount(walk, entry);
	int fd = open_within(walk->mounts, walk->dir, name, flags);
	if (fd == -EXDEV)
		return open_across(walk, below, name, flags);
	return fd == -ENOSYS ? open_plainly(walk->dir, name, flags) : fd;
}

/* Goes to the root, with 'path' and what was left to go on with. */
static int begin(struct walk *walk, const char *path) {
	char rest[PATH_MAX];

	int length =
		snprintf(rest, sizeof(rest), "%s%s%s", path, walk->rest[0] ? "/" : "", walk->rest);
	if (length < 0 || length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(walk->rest, rest, (size_t)length + 1);
	fd_close(walk->dir);
	walk->dir = open_plainly(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	walk->here[0] = '\0';
	walk->in_proc = false;
	return walk->dir < 0 ? walk->dir : 0;
}

static int go_up(struct walk *walk) {
	const struct dltest_mounttable_entry *entry =
		dltest_mounttable_find(&walk->mounts->table, walk->here);
	char above[PATH_MAX];

	if (!walk->here[0])
		return 0;
	*strrchr(walk->here, '/') = '\0';
	int fd = entry ? -EXDEV : open_within(walk->mounts, walk->dir, "..", O_PATH | O_DIRECTORY);
	if (fd == -ENOSYS)
		fd = open_plainly(walk->dir, "..", O_PATH | O_DIRECTORY);
	if (fd == -EXDEV) {
		memcpy(above, walk->here, strlen(walk->here) + 1);
		return begin(walk, above);
	}
	if (fd < 0)
		return fd;
	fd_close(walk->dir);
	walk->dir = fd;
	return 0;
}

static int enter(struct walk *walk, const char *name, int fd, bool in_proc) {
	char below[PATH_MAX];

	int r = put_below(walk, name, below);
	if (r < 0) {
		fd_close(fd);
		return r;
	}
	memcpy(walk->here, below, strlen(below) + 1);
	fd_close(walk->dir);
	walk->dir = fd;
	walk->in_proc = in_proc;
	return 0;
}

/* The id of the mount that 'fd' is on; 0 if nothing tells. */
static int mount_id(int fd) {
	char path[48], text[256];
	unsigned id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	cleanup_fd int info = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	const char *line = strstr(text, "mnt_id:");
	if (!line)
		return 0;
	line += strlen("mnt_id:");
	return dltest_number_take(&line, 10, '\0', &id) ? (int)id : 0;
}

/* A link of /proc that is no text but a way to the thing itself. To what has no path it leads by no
 * mount; what has one is looked at without being touched; and nobody can tell what is behind it. */
static int open_magic(struct walk *walk, const char *name, const char *target, int flags) {
	if (walk->rest[0])
		return say_mount(walk, NULL);
	if (target[0] == '/') {
		cleanup_fd int fd = open_plainly(walk->dir, name, O_PATH);
		const struct dltest_mounttable_entry *entry =
			fd < 0 ? NULL
			       : dltest_mounttable_find_id(&walk->mounts->table, mount_id(fd));

		if (fd < 0)
			return fd;
		if (!entry || !entry->answers)
			return say_mount(walk, entry);
	}
	return open_plainly(walk->dir, name, flags);
}

/* Goes on where the link 'name' leads. Returns -EINVAL if it is none, -EAGAIN to go on, a
 * descriptor or another -errno. */
static int follow(struct walk *walk, const char *name, int flags) {
	char target[PATH_MAX];

	ssize_t length = readlinkat(walk->dir, name, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (walk->links++ >= LINKS_MAX)
		return -ELOOP;
	if (walk->in_proc && (target[0] == '/' || strstr(target, ":[")))
		return open_magic(walk, name, target, flags);
	if (target[0] == '/') {
		int r = begin(walk, target);
		return r < 0 ? r : -EAGAIN;
	}
	char rest[PATH_MAX];
	int put = snprintf(
		rest, sizeof(rest), "%s%s%s", target, walk->rest[0] ? "/" : "", walk->rest);
	if (put < 0 || put >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(walk->rest, rest, (size_t)put + 1);
	return -EAGAIN;
}

/* The last name of the way. Returns as follow(). */
static int open_last(struct walk *walk, const char *name, int flags) {
	char target[1];
	bool in_proc;

	int fd = open_below(walk, name, flags | O_NOFOLLOW, &in_proc);
	if (flags & O_NOFOLLOW)
		return fd;
	bool is_path = fd >= 0 && (flags & O_PATH);
	/* Of a link that was opened itself. */
	bool is_link = is_path && readlinkat(fd, "", target, sizeof(target)) >= 0;
	if (!is_link && fd != -ELOOP && fd != -ENOTDIR)
		return fd;
	int r = follow(walk, name, flags);
	if (r == -EINVAL)
		return fd;
	fd_close(fd);
	return r;
}

/* A name with more behind it. Returns -EAGAIN to go on, a descriptor or another -errno. */
static int step(struct walk *walk, const char *name, int flags) {
	bool in_proc;

	int fd = open_below(walk, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, &in_proc);
	if (fd >= 0) {
		int r = enter(walk, name, fd, in_proc);
		return r < 0 ? r : -EAGAIN;
	}
	if (fd != -ELOOP && fd != -ENOTDIR)
		return fd;
	int r = follow(walk, name, flags);
	return r == -EINVAL ? -ENOTDIR : r;
}

/* Takes the next name off what is left; "" at the end. */
static int take_name(struct walk *walk, char name[NAME_MAX + 1]) {
	size_t start = strspn(walk->rest, "/");
	size_t length = strcspn(walk->rest + start, "/");

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, walk->rest + start, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + start + length, strlen(walk->rest + start + length) + 1);
	return 0;
}

static int go_on(struct walk *walk, int flags) {
	char name[NAME_MAX + 1];

	int r = take_name(walk, name);
	if (r < 0)
		return r;
	if (!name[0])
		return open_plainly(walk->dir, ".", flags & ~O_NOFOLLOW);
	if (strcmp(name, ".") == 0)
		return -EAGAIN;
	if (strcmp(name, "..") == 0) {
		r = go_up(walk);
		return r < 0 ? r : -EAGAIN;
	}
	return walk->rest[0] ? step(walk, name, flags) : open_last(walk, name, flags);
}

static int walk_to(
	struct dltest_mounts *mounts, const char *path, int flags, struct dltest_mount *ret_mount) {
	struct walk walk = {.mounts = mounts, .dir = -1, .ret_mount = ret_mount};

	int r = begin(&walk, path);
	if (r == 0)
		r = -EAGAIN;
	while (r == -EAGAIN)
		r = go_on(&walk, flags);
	fd_close(walk.dir);
	return r;
}

int dltest_mounts_open(
	struct dltest_mounts *mounts, const char *path, int flags, struct dltest_mount *ret_mount) {
	if (path[0] != '/')
		return -EINVAL;
	int r = dltest_mounttable_refresh(&mounts->table);
	if (r < 0)
		return r;
	if (!mounts->table.has_doubtful)
		return open_plainly(AT_FDCWD, path, flags);
	/* In most cases all of the way is on the mount of the root. */
	if (!mounts->table.has_automount) {
		int fd = open_within(mounts, AT_FDCWD, path, flags);
		if (fd != -EXDEV && fd != -ENOSYS && fd != -ELOOP)
			return fd;
	}
	return walk_to(mounts, path, flags, ret_mount);
}

bool dltest_mounts_all_answer(struct dltest_mounts *mounts) {
	return dltest_mounttable_refresh(&mounts->table) == 0 && !mounts->table.has_doubtful;
}

/* Where a directory is that is open, as a path without links. The kernel has it by heart. */
static int find_path(int dir, char path[PATH_MAX]) {
	char link[48];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	ssize_t length = readlink(link, path, PATH_MAX);
	if (length < 0 || length >= PATH_MAX)
		return length < 0 ? -errno : -ENAMETOOLONG;
	path[length] = '\0';
	if (strcmp(path, "/") == 0)
		path[0] = '\0';
	return 0;
}

int dltest_mounts_open_at(struct dltest_mounts *mounts, int dir, const char *name, int flags,
	struct dltest_mount *ret_mount) {
	struct walk walk = {.mounts = mounts, .dir = dir, .ret_mount = ret_mount};
	bool in_proc;

	int r = dltest_mounttable_refresh(&mounts->table);
	if (r < 0)
		return r;
	if (!mounts->table.has_doubtful)
		return open_plainly(dir, name, flags | O_NOFOLLOW);
	r = find_path(dir, walk.here);
	return r < 0 ? r : open_below(&walk, name, flags | O_NOFOLLOW, &in_proc);
}
