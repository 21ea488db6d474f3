/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/owndir.h>

#include "elsewhere.h"
#include "loader_abi.h"
#include "log.h"
#include "memory.h"
#include "memory_file.h"
#include "ownfile.h"
#include "sight.h"
#include "stamp.h"

#define FILE_NAME "verdicts"
/* How long a file that may not answer is waited for, once, when a daemon starts. */
#define READ_MS 500

struct keeper {
	struct keeper_config config;
	char *path;
	char *conditions;   /* under which this daemon works verdicts out */
	uint64_t saved;	    /* memory_version() when the file was read or written */
	struct stamp stamp; /* of the file when it was read or written */
	pid_t writer;	    /* process that writes where it may not answer; 0: there was none yet */
	bool others;	    /* true: it is there, and of daemons that work otherwise */
};

DEFINE_CLEANUP(struct keeper *, keeper_free);

/* The conditions under which this daemon works verdicts out: what decides how loads go, other than
 * the file system. The caller frees them; NULL if out of memory. */
static char *make_conditions(const struct keeper_config *config) {
	struct stamp loader = stamp_take(config->loader);
	char *text;

	if (asprintf(&text, "tsuku-dltestd %s, records %d, %s\n%s\n%s %llu:%llu %lld.%09u",
		    DLTEST_VERSION, LOADER_ABI_VERSION, config->policy, config->home,
		    config->loader, (unsigned long long)loader.dev, (unsigned long long)loader.ino,
		    (long long)loader.ctime_s, loader.ctime_ns) < 0)
		return NULL;
	return text;
}

/* Where a file may not answer a process of its own reads it. */
static int read_file(struct keeper *keeper) {
	cleanup_free char *bytes = NULL;
	size_t size = 0;

	int r = ownfile_read(keeper->path, &bytes, &size);
	if (r == -EREMOTE)
		r = elsewhere_read(ownfile_read, keeper->path, READ_MS, &bytes, &size);
	return r < 0 ? r : memory_load(keeper->config.memory, bytes, size, keeper->conditions);
}

static void load(struct keeper *keeper) {
	struct memory *memory = keeper->config.memory;

	int r = read_file(keeper);
	if (r == 0)
		log_debug("remembering %zu verdicts", memory_count(memory));
	else if (r == -ESTALE)
		log_debug("'%s' is for another kernel, sandbox or version, ignoring", keeper->path);
	else if (r == -EBADMSG)
		log_warn("'%s' is damaged, ignoring", keeper->path);
	else if (r == -ETIMEDOUT)
		log_warn("'%s' does not answer, ignoring", keeper->path);
	else if (r != -ENOENT)
		log_warn("cannot read '%s': %s, ignoring", keeper->path, strerror(-r));
	keeper->others = r == -ESTALE;
	keeper->stamp = stamp_take(keeper->path);
	keeper->saved = memory_version(memory);
}

int keeper_new(const struct keeper_config *config, struct keeper **ret_keeper) {
	CLEANUP(keeper_free_p) struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return -ENOMEM;
	keeper->config = *config;
	keeper->conditions = make_conditions(config);
	keeper->config.policy = NULL;
	if (!keeper->conditions ||
		asprintf(&keeper->path, "%s/cache/dltest/" FILE_NAME, config->home) < 0) {
		keeper->path = NULL;
		return -ENOMEM;
	}
	load(keeper);
	*ret_keeper = steal_ptr(&keeper);
	return 0;
}

/* Whether 'name' is that of a file of which a daemon that is no more was writing (memory_save()).
 */
static bool is_left(const char *name) {
	const size_t length = sizeof(FILE_NAME);
	char *end;

	if (strncmp(name, FILE_NAME ".", length) != 0)
		return false;
	long pid = strtol(name + length, &end, 10);
	return pid > 0 && *end == '\0' && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* A daemon that is killed while it writes leaves what it has written, and nobody would ask for it
 * again. One whose number cannot be seen from here loses its file, and so what it remembers. */
static void remove_left(int dir) {
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!entries) {
		fd_close(fd);
		return;
	}
	while ((entry = readdir(entries))) {
		if (is_left(entry->d_name))
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(entries);
}

static int open_directory(const struct keeper *keeper, bool make) {
	static const char *const names[] = {"cache", "dltest", NULL};

	return dltest_owndir_open(keeper->config.home, names, make);
}

/* True if no daemon can have this one's conditions any more: whoever removed the programs, or
 * brings them anew, has no use for what these remembered. */
static bool is_over(const struct keeper *keeper) {
	struct stat status;

	return sight_stat(NULL, keeper->config.loader, &status) == -ENOENT;
}

/* Removes the file, unless it is another daemon's, and its directory, if there is nothing else in
 * it. */
static void forget(const struct keeper *keeper) {
	struct stamp now = stamp_take(keeper->path);

	if (keeper->others || !stamp_equals(&now, &keeper->stamp) || !sight_reaches(keeper->path))
		return;
	cleanup_fd int dir = open_directory(keeper, false);
	if (dir < 0)
		return;
	unlinkat(dir, FILE_NAME, 0);
	cleanup_fd int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above >= 0)
		unlinkat(above, "dltest", AT_REMOVEDIR);
}

/* Writes the file, and makes its directory and the one above it; not in somebody else's home, who
 * could write nothing below a directory that root has made there. */
static int save(const struct keeper *keeper) {
	cleanup_fd int dir = open_directory(keeper, true);

	if (dir < 0)
		return dir;
	remove_left(dir);
	return memory_save(keeper->config.memory, dir, FILE_NAME, keeper->conditions);
}

static void save_elsewhere(void *context) {
	(void)save(context);
}

/* One process at a time: while that waits, what is remembered has to wait, too. */
static int have_saved(struct keeper *keeper) {
	if (keeper->writer > 0 && kill(keeper->writer, 0) == 0)
		return -EBUSY;
	keeper->writer = elsewhere_do(save_elsewhere, keeper);
	return keeper->writer < 0 ? keeper->writer : 0;
}

void keeper_save(struct keeper *keeper) {
	struct memory *memory = keeper->config.memory;

	if (is_over(keeper)) {
		forget(keeper);
		return;
	}
	memory_settle(memory);
	if (memory_version(memory) == keeper->saved)
		return;
	keeper->saved = memory_version(memory);
	struct stamp now = stamp_take(keeper->path);
	if (keeper->config.guest && !stamp_equals(&now, &keeper->stamp))
		return;
	if (keeper->config.stranger && keeper->others)
		return;
	int r = sight_reaches(keeper->path) ? save(keeper) : have_saved(keeper);
	/* Verdicts are worked out anew then, which is slower and nothing worse. */
	if (r < 0)
		log_debug("cannot write '%s': %s", keeper->path, strerror(-r));
	else
		keeper->others = false;
	keeper->stamp = stamp_take(keeper->path);
}

struct keeper *keeper_free(struct keeper *keeper) {
	if (!keeper)
		return NULL;
	free(keeper->path);
	free(keeper->conditions);
	free(keeper);
	return NULL;
}
