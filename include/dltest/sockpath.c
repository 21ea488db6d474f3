/* SPDX-License-Identifier: MIT */
#include <dltest/sockpath.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/mounts.h>
#include <dltest/netfs.h>
#include <dltest/owndir.h>
#include <dltest/peeruid.h>

/* Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn. */
#define BACKLOG 128

static char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *pattern, ...) {
	char *text;
	va_list arguments;

	va_start(arguments, pattern);
	int length = vasprintf(&text, pattern, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

static char *make_absolute(const char *path) {
	if (path[0] == '/')
		return strdup(path);
	cleanup_free char *cwd = getcwd(NULL, 0);
	return cwd ? format("%s/%s", cwd, path) : NULL;
}

/* Not by getpwuid(): in a statically linked program it would load NSS modules (glibc), and the
 * client must load nothing of the caller's. */
char *dltest_recorded_home(void) {
	const struct passwd *entry;

	cleanup_file FILE *passwords = fopen("/etc/passwd", "re");
	while (passwords && (entry = fgetpwent(passwords))) {
		if (entry->pw_uid == geteuid())
			return strdup(entry->pw_dir);
	}
	return NULL;
}

static char *make_user_home(void) {
	const char *variable = getenv("HOME");

	return variable && variable[0] == '/' ? strdup(variable) : dltest_recorded_home();
}

/* Cuts the last component off 'path'; returns it, or NULL if there is none. */
static char *cut_component(char *path) {
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/* HOME/tools/tsuku-dltest-VERSION/bin/PROGRAM, as tsuku installs it, whose own home may have
 * another name than the usual one. NULL where this program lies otherwise. */
static char *find_around_program(void) {
	static const char package[] = "tsuku-dltest-";
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *bin, *name, *tools;

	self[length > 0 ? length : 0] = '\0';
	if (!cut_component(self) || !(bin = cut_component(self)) || !(name = cut_component(self)) ||
		!(tools = cut_component(self)) || !self[0])
		return NULL;
	return strcmp(bin, "bin") == 0 && strncmp(name, package, strlen(package)) == 0 &&
			       strcmp(tools, "tools") == 0
		       ? strdup(self)
		       : NULL;
}

/* tsuku has its helper search HOME/libs first, and does not say where its home is. What only has
 * that name has not tsuku's own state beside it. */
static char *find_in_library_path(void) {
	const char *variable = getenv("LD_LIBRARY_PATH");
	char home[PATH_MAX], state[PATH_MAX + 16];

	size_t length = variable && variable[0] == '/' ? strcspn(variable, ":") : 0;
	while (length > 1 && variable[length - 1] == '/')
		length--;
	if (length < sizeof("/libs") || length >= sizeof(home) ||
		memcmp(variable + length - 5, "/libs", 5) != 0)
		return NULL;
	snprintf(home, sizeof(home), "%.*s", (int)length - 5, variable);
	snprintf(state, sizeof(state), "%s/state.json", home);
	/* It may lie where nobody answers. */
	struct dltest_mounts *mounts = dltest_mounts_new();
	cleanup_fd int fd =
		mounts ? dltest_mounts_open(mounts, state, O_PATH | O_NOFOLLOW, NULL) : -1;
	dltest_mounts_free(mounts);
	return fd >= 0 ? strdup(home) : NULL;
}

static int find_home(char **ret_home) {
	const char *variable = getenv("TSUKU_HOME");

	*ret_home = variable && variable[0] ? make_absolute(variable) : find_around_program();
	if (!*ret_home && !(variable && variable[0]))
		*ret_home = find_in_library_path();
	if (*ret_home || (variable && variable[0]))
		return 0;
	cleanup_free char *user_home = make_user_home();
	if (!user_home)
		return -ENOENT;
	*ret_home = format("%s/.tsuku", user_home);
	return 0;
}

int dltest_home(char **ret_home) {
	char *home;

	int r = find_home(&home);
	if (r < 0)
		return r;
	if (!home)
		return -ENOMEM;
	for (size_t length = strlen(home); length > 1 && home[length - 1] == '/';)
		home[--length] = '\0';
	*ret_home = home;
	return 0;
}

/* FNV-1a, 64 bits: tells homes apart in a directory that only their owner can write to. */
static uint64_t hash_text(const char *text) {
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

/* A socket on a network file system is seen by all hosts and served by one. */
static int runtime_dir(const char *home, char **ret_dir) {
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *real = realpath(home, NULL);

	if (!runtime || runtime[0] != '/')
		return -ENOENT;
	cleanup_free char *parent = format("%s/tsuku", runtime);
	cleanup_free char *dir =
		format("%s/tsuku/%016" PRIx64, runtime, hash_text(real ? real : home));
	if (!parent || !dir)
		return -ENOMEM;
	if (mkdir(parent, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	*ret_dir = steal_ptr(&dir);
	return 0;
}

static int set_from_path(struct dltest_sockpath *sockpath, const char *path) {
	cleanup_free char *absolute = make_absolute(path);

	if (!absolute)
		return -ENOMEM;
	char *slash = strrchr(absolute, '/');
	if (slash[1] == '\0')
		return -EISDIR;
	sockpath->name = strdup(slash + 1);
	*(slash == absolute ? slash + 1 : slash) = '\0';
	sockpath->dir = steal_ptr(&absolute);
	return sockpath->name ? 0 : -ENOMEM;
}

static int set_from_home(struct dltest_sockpath *sockpath, const char *home) {
	int r = 0;

	if (dltest_netfs_is_remote(home))
		r = runtime_dir(home, &sockpath->dir);
	else if (!(sockpath->dir = strdup(home)))
		r = -ENOMEM;
	if (r)
		return r;
	sockpath->name = strdup("dltest.sock");
	return sockpath->name ? 0 : -ENOMEM;
}

int dltest_sockpath_init(struct dltest_sockpath *sockpath, const char *home, const char *override) {
	int r;

	*sockpath = (struct dltest_sockpath){0};
	if (!override)
		override = getenv("TSUKU_DLTEST_SOCKET");
	if (override && override[0])
		r = set_from_path(sockpath, override);
	else
		r = home ? set_from_home(sockpath, home) : -ENOENT;
	if (r == 0) {
		bool root = strcmp(sockpath->dir, "/") == 0;
		sockpath->path = format("%s/%s", root ? "" : sockpath->dir, sockpath->name);
		r = sockpath->path ? 0 : -ENOMEM;
	}
	if (r)
		dltest_sockpath_fini(sockpath);
	return r;
}

void dltest_sockpath_fini(struct dltest_sockpath *sockpath) {
	free(sockpath->dir);
	free(sockpath->name);
	free(sockpath->path);
	*sockpath = (struct dltest_sockpath){0};
}

static int open_dir(const struct dltest_sockpath *sockpath) {
	int fd = open(sockpath->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int dltest_sockpath_check(const struct dltest_sockpath *sockpath) {
	static const char *const none[] = {NULL};
	cleanup_fd int dir = dltest_owndir_open(sockpath->dir, none, false);

	return dir < 0 ? dir : 0;
}

typedef int (*address_fn)(int fd, const struct sockaddr *address, socklen_t length);

/* Calls bind() or connect() by the full path where it fits into sun_path, else by the name alone
 * from within its directory: the one way to reach a longer path that needs no /proc. */
static int with_address(const struct dltest_sockpath *sockpath, int fd, address_fn call) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t capacity = sizeof(address.sun_path);

	if (strlen(sockpath->path) < capacity) {
		memcpy(address.sun_path, sockpath->path, strlen(sockpath->path) + 1);
		return call(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	}
	if (strlen(sockpath->name) >= capacity)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, sockpath->name, strlen(sockpath->name) + 1);

	cleanup_fd int dir = open_dir(sockpath);
	if (dir < 0)
		return dir;
	cleanup_fd int cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fchdir(dir) < 0)
		return -errno;
	int r = call(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	/* A working directory that cannot be opened cannot be returned to. */
	if ((cwd < 0 || fchdir(cwd) < 0) && chdir("/") < 0)
		return -errno;
	return r;
}

static int new_socket(void) {
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		int r = -errno;
		fd_close(fd);
		return r;
	}
	return fd;
}

int dltest_sockpath_connect(const struct dltest_sockpath *sockpath, unsigned limit_ms) {
	cleanup_fd int fd = new_socket();

	if (fd < 0)
		return fd;
	uid_t uid;
	/* None at all would be no limit. */
	const struct timeval limit = {
		.tv_sec = limit_ms / 1000, .tv_usec = limit_ms % 1000 * 1000 + 1};

	/* Who waits in a full queue of a process that does not accept would wait for ever. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	int r = with_address(sockpath, fd, connect);
	if (r == 0)
		r = dltest_peer_uid(fd, &uid);
	if (r < 0)
		return r;
	/* Where others can write, the socket may be theirs, and so would the answers be. */
	return uid == geteuid() ? steal_fd(&fd) : -EPERM;
}

/* Whether the socket's place is free but for a socket that nobody listens to any more, or a symlink
 * to one. Anything else may be what somebody needs. Returns 0 or -errno. */
static int make_free(int dir, const char *name) {
	struct stat status;

	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode) && !S_ISLNK(status.st_mode))
		return -EEXIST;
	return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int dltest_sockpath_listen(const struct dltest_sockpath *sockpath, dev_t *ret_dev, ino_t *ret_ino) {
	cleanup_fd int dir = open_dir(sockpath);
	cleanup_fd int fd = new_socket();

	if (dir < 0)
		return dir;
	if (fd < 0)
		return fd;
	int r = make_free(dir, sockpath->name);
	if (r < 0)
		return r;
	mode_t saved = umask(0177);
	r = with_address(sockpath, fd, bind);
	umask(saved);
	/* While nobody can know of it yet. */
	if (r == 0 && ret_dev)
		r = dltest_sockpath_identity(sockpath, ret_dev, ret_ino);
	if (r < 0)
		return r;
	if (listen(fd, BACKLOG) < 0)
		return -errno;
	return steal_fd(&fd);
}

int dltest_sockpath_lock(const struct dltest_sockpath *sockpath) {
	cleanup_fd int dir = open_dir(sockpath);
	cleanup_free char *name = format("%s.lock", sockpath->name);

	if (dir < 0)
		return dir;
	if (!name)
		return -ENOMEM;
	cleanup_fd int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return steal_fd(&fd);
}

int dltest_sockpath_identity(
	const struct dltest_sockpath *sockpath, dev_t *ret_dev, ino_t *ret_ino) {
	cleanup_fd int dir = open_dir(sockpath);
	struct stat status;

	if (dir < 0)
		return dir;
	if (fstatat(dir, sockpath->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret_dev = status.st_dev;
	*ret_ino = status.st_ino;
	return 0;
}

void dltest_sockpath_remove(const struct dltest_sockpath *sockpath, dev_t dev, ino_t ino) {
	dev_t current_dev = 0;
	ino_t current_ino = 0;

	if (dltest_sockpath_identity(sockpath, &current_dev, &current_ino) < 0)
		return;
	if (current_dev == dev && current_ino == ino) {
		cleanup_fd int dir = open_dir(sockpath);
		if (dir >= 0)
			unlinkat(dir, sockpath->name, 0);
	}
}
