/* SPDX-License-Identifier: MIT */
#include "hostindex.h"

#include <dirent.h>
#include <dltest/cleanup.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/* Directories that are kept, and files: in one of them, and in all. More than a large system has in
 * those where programs and libraries are. */
#define DIRS_MAX      256
#define FILES_MAX     16384
#define ALL_FILES_MAX 131072
/* What has not changed for so long is not being written just now. */
#define SETTLED_S 60

struct entry {
	char *name;
	bool is_alias, is_link;
	bool is_settled; /* it had not changed for a while when it was mapped */
	uint32_t round;	 /* in which it was looked at last; 0: not yet */
	struct hostfile file;
};

struct hostdir {
	LIST_ENTRY(hostdir) link; /* hostindex.dirs */
	char *path;
	uint32_t round;	     /* in which it was looked at last */
	uint32_t read_round; /* in which it was read last */
	bool is_there;
	bool is_certain; /* the next change will change the stamp */
	struct stamp stamp;
	struct entry *entries;
	size_t count;
};

struct hostindex {
	LIST_HEAD(, hostdir) dirs;
	size_t dirs_count, entries_count;
	uint32_t round;
	uint64_t end_ms;
	bool is_whole;
};

static void free_entries(struct entry *entries, size_t count) {
	for (size_t i = 0; i < count; i++) {
		free(entries[i].name);
		hostfile_fini(&entries[i].file);
	}
	free(entries);
}

static void empty_dir(struct hostindex *index, struct hostdir *dir) {
	free_entries(dir->entries, dir->count);
	index->entries_count -= dir->count;
	dir->entries = NULL;
	dir->count = 0;
	dir->is_there = false;
}

static void free_dir(struct hostindex *index, struct hostdir *dir) {
	empty_dir(index, dir);
	LIST_REMOVE(dir, link);
	index->dirs_count--;
	free(dir->path);
	free(dir);
}

struct hostindex *hostindex_new(void) {
	struct hostindex *index = calloc(1, sizeof(*index));

	if (index)
		LIST_INIT(&index->dirs);
	return index;
}

struct hostindex *hostindex_free(struct hostindex *index) {
	struct hostdir *dir;

	if (!index)
		return NULL;
	while ((dir = LIST_FIRST(&index->dirs)))
		free_dir(index, dir);
	free(index);
	return NULL;
}

void hostindex_begin(struct hostindex *index, uint64_t end_ms) {
	struct hostdir *dir, *next;

	for (dir = LIST_FIRST(&index->dirs); dir; dir = next) {
		next = LIST_NEXT(dir, link);
		/* What the last question did not want is the first to go. */
		if (dir->round != index->round && (index->dirs_count > DIRS_MAX / 2 ||
							  index->entries_count > ALL_FILES_MAX / 2))
			free_dir(index, dir);
	}
	index->round++;
	index->end_ms = end_ms;
	index->is_whole = true;
}

bool hostindex_is_over(struct hostindex *index) {
	if (clock_now_ms() >= index->end_ms)
		index->is_whole = false;
	return clock_now_ms() >= index->end_ms;
}

bool hostindex_is_whole(const struct hostindex *index) {
	return index->is_whole;
}

/* Whether 'name' is a symlink to another file of the directory that is open as 'fd'. */
static bool is_alias(int fd, const struct dirent *entry) {
	char target[NAME_MAX + 1];

	if (entry->d_type != DT_LNK)
		return false;
	ssize_t length = readlinkat(fd, entry->d_name, target, sizeof(target));
	return length > 0 && !memchr(target, '/', (size_t)length);
}

static bool may_be_file(const struct dirent *entry) {
	return entry->d_name[0] != '.' &&
	       (entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

/* Appends an entry; grows as strv_take() does. */
static int add_entry(struct hostdir *dir, int fd, const struct dirent *entry) {
	if ((dir->count & (dir->count - 1)) == 0) {
		struct entry *entries = reallocarray(
			dir->entries, dir->count ? dir->count * 2 : 1, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		dir->entries = entries;
	}
	char *name = strdup(entry->d_name);
	if (!name)
		return -ENOMEM;
	dir->entries[dir->count++] = (struct entry){
		.name = name, .is_alias = is_alias(fd, entry), .is_link = entry->d_type != DT_REG};
	return 0;
}

static int compare_entries(const void *one, const void *other) {
	const struct entry *a = one, *b = other;

	return strcmp(a->name, b->name);
}

/* Has 'dir' keep what was mapped of the files that it had before. */
static void take_over(struct hostdir *dir, struct entry *old, size_t old_count) {
	for (size_t i = 0; i < dir->count && old_count > 0; i++) {
		struct entry *before =
			bsearch(&dir->entries[i], old, old_count, sizeof(*old), compare_entries);

		if (!before || before->round == 0)
			continue;
		dir->entries[i].round = before->round;
		dir->entries[i].is_settled = before->is_settled;
		dir->entries[i].file = before->file;
		before->file = (struct hostfile){0};
	}
	free_entries(old, old_count);
}

static void read_dir(struct hostindex *index, struct hostdir *dir) {
	struct entry *old = dir->entries;
	size_t old_count = dir->count;
	struct dirent *entry;
	cleanup_dir DIR *stream = opendir(dir->path);

	dir->entries = NULL;
	dir->count = 0;
	dir->read_round = index->round;
	index->entries_count -= old_count;
	while (stream && (entry = readdir(stream))) {
		if (!may_be_file(entry))
			continue;
		if (dir->count == FILES_MAX || index->entries_count + dir->count >= ALL_FILES_MAX ||
			add_entry(dir, dirfd(stream), entry) < 0) {
			index->is_whole = false;
			dir->is_certain = false;
			break;
		}
	}
	index->entries_count += dir->count;
	if (dir->count > 0)
		qsort(dir->entries, dir->count, sizeof(*dir->entries), compare_entries);
	take_over(dir, old, old_count);
}

static void refresh_dir(struct hostindex *index, struct hostdir *dir) {
	struct moment before = moment_now();
	struct stat status;

	dir->round = index->round;
	if (stat(dir->path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		empty_dir(index, dir);
		return;
	}
	struct stamp stamp = stamp_of(&status);
	if (dir->is_there && dir->is_certain && stamp_equals(&dir->stamp, &stamp))
		return;
	dir->is_there = true;
	dir->stamp = stamp;
	dir->is_certain = stamp_is_before(&stamp, &before);
	read_dir(index, dir);
}

static struct hostdir *add_dir(struct hostindex *index, const char *path) {
	struct hostdir *dir = index->dirs_count < DIRS_MAX ? calloc(1, sizeof(*dir)) : NULL;

	if (dir && !(dir->path = strdup(path))) {
		free(dir);
		dir = NULL;
	}
	if (!dir) {
		index->is_whole = false;
		return NULL;
	}
	LIST_INSERT_HEAD(&index->dirs, dir, link);
	index->dirs_count++;
	return dir;
}

const struct hostdir *hostindex_dir(struct hostindex *index, const char *path) {
	struct hostdir *dir;

	LIST_FOREACH (dir, &index->dirs, link) {
		if (strcmp(dir->path, path) == 0)
			break;
	}
	if (!dir && (hostindex_is_over(index) || !(dir = add_dir(index, path))))
		return NULL;
	if (dir->round != index->round)
		refresh_dir(index, dir);
	return dir->is_there ? dir : NULL;
}

size_t hostdir_count(const struct hostdir *dir) {
	return dir->count;
}

const char *hostdir_name(const struct hostdir *dir, size_t at) {
	return dir->entries[at].name;
}

bool hostdir_is_alias(const struct hostdir *dir, size_t at) {
	return dir->entries[at].is_alias;
}

static void look_at(struct hostindex *index, const char *path, struct entry *entry) {
	struct stat status;
	bool known = entry->round != 0;

	entry->round = index->round;
	if (stat(path, &status) == 0) {
		struct stamp stamp = stamp_of(&status);

		if (known && stamp_equals(&entry->file.stamp, &stamp))
			return;
		hostfile_fini(&entry->file);
		entry->is_settled = status.st_ctim.tv_sec + SETTLED_S < time(NULL);
		int r = hostfile_init(path, &status, &entry->file);
		if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
			index->is_whole = false;
		return;
	}
	hostfile_fini(&entry->file);
}

/*
 * Whether the file is what it was without being looked at: nothing was put into its directory
 * since, it was not being written then, and it is no program that may be a host. Thousands are like
 * that. To write to one of them in its place shows once the index has gone, which has nothing to do
 * for half a minute then.
 */
static bool is_certain(const struct hostdir *dir, const struct entry *entry) {
	return entry->round >= dir->read_round && !entry->is_link && entry->is_settled &&
	       !(entry->file.is_program && entry->file.exports >= HOSTFILE_EXPORTS_MIN);
}

const struct hostfile *hostindex_file(
	struct hostindex *index, const struct hostdir *dir, size_t at) {
	struct entry *entry = &dir->entries[at];
	char path[PATH_MAX];

	if (entry->round != index->round && is_certain(dir, entry))
		entry->round = index->round;
	if (entry->round != index->round) {
		if (hostindex_is_over(index) || (size_t)snprintf(path, sizeof(path), "%s/%s",
							dir->path, entry->name) >= sizeof(path))
			return NULL;
		look_at(index, path, entry);
	}
	return entry->file.is_native ? &entry->file : NULL;
}

size_t hostindex_count(struct hostindex *index, const struct hostfile *file,
	const struct strv *names, size_t least) {
	size_t count = 0;

	for (size_t i = 0; i < names->count && count + (names->count - i) >= least; i++) {
		if (i % 64 == 63 && hostindex_is_over(index))
			return 0;
		count += hostfile_gives(file, names->items[i]);
	}
	return count < least ? 0 : count;
}
