/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfform.h"

/* Names in directories that are looked at, whatever they are of. */
#define ENTRIES_MAX 65536
/* Bytes of all texts. */
#define TEXT_MAX (2 * 1024 * 1024)

static struct {
	struct listing_directory directories[LISTING_DIRECTORIES_MAX];
	struct listing_file files[LISTING_FILES_MAX];
	char text[TEXT_MAX];
	size_t directories_count, files_count, entries_count, text_size;
	bool is_cut;
} listing;

const char *listing_keep(const char *text) {
	size_t size = strlen(text) + 1;
	char *kept = listing.text + listing.text_size;

	if (size > TEXT_MAX - listing.text_size) {
		listing.is_cut = true;
		return NULL;
	}
	memcpy(kept, text, size);
	listing.text_size += size;
	return kept;
}

static struct listing_directory *find(const struct stat *status) {
	for (size_t i = 0; i < listing.directories_count; i++) {
		if (listing.directories[i].dev == status->st_dev &&
			listing.directories[i].ino == status->st_ino)
			return &listing.directories[i];
	}
	return NULL;
}

const struct listing_directory *listing_find_directory(const char *path) {
	struct stat status;

	return stat(path, &status) == 0 ? find(&status) : NULL;
}

static struct listing_directory *add_directory(const char *path, const struct stat *status) {
	const char *kept =
		listing.directories_count < LISTING_DIRECTORIES_MAX ? listing_keep(path) : NULL;

	if (!kept) {
		listing.is_cut = true;
		return NULL;
	}
	struct listing_directory *directory = &listing.directories[listing.directories_count++];
	*directory = (struct listing_directory){
		.path = kept, .dev = status->st_dev, .ino = status->st_ino};
	return directory;
}

static void add_file(const struct listing_directory *directory, const char *name) {
	const char *kept = listing.files_count < LISTING_FILES_MAX ? listing_keep(name) : NULL;

	if (!kept)
		listing.is_cut = true;
	else
		listing.files[listing.files_count++] =
			(struct listing_file){.directory = directory, .name = kept};
}

/* Whether a file of this name may be what another needs. */
static bool is_name_of_library(const struct dirent *entry) {
	return (entry->d_type == DT_REG || entry->d_type == DT_LNK ||
		       entry->d_type == DT_UNKNOWN) &&
	       strstr(entry->d_name, ".so");
}

static DIR *open_directory(const char *path) {
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static void list_files(const struct listing_directory *directory) {
	DIR *stream = open_directory(directory->path);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		if (++listing.entries_count > ENTRIES_MAX) {
			listing.is_cut = true;
			break;
		}
		if (is_name_of_library(entry))
			add_file(directory, entry->d_name);
	}
	if (stream)
		closedir(stream);
}

/* Lists the directory at 'path', unless it was; NULL if that cannot be done. */
static struct listing_directory *list(const char *path, const struct stat *status) {
	struct listing_directory *directory = find(status);

	if (directory)
		return directory;
	directory = add_directory(path, status);
	if (directory)
		list_files(directory);
	return directory;
}

void listing_add_directory(const char *path) {
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		(void)list(path, &status);
}

/* Directories whose own are still to be listed, the first to come being the first to go. */
struct queue {
	struct listing_directory *items[LISTING_DIRECTORIES_MAX];
	size_t count;
};

/* What is only there to be linked with has a name of its own by custom: CUDA's lib/stubs. What
 * Python has compiled lies beside every module. */
static bool is_left_out(const char *name) {
	static const char *const names[] = {".", "..", "stub", "stubs", "__pycache__"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool is_name_of_directory(const struct dirent *entry) {
	return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       !is_left_out(entry->d_name);
}

static void list_below(struct queue *queue, const struct listing_directory *above, DIR *stream) {
	char path[PATH_MAX];
	const struct dirent *entry;
	struct stat status;

	while ((entry = readdir(stream)) && ++listing.entries_count <= ENTRIES_MAX) {
		if (!is_name_of_directory(entry) ||
			snprintf(path, sizeof(path), "%s/%s", above->path, entry->d_name) >=
				PATH_MAX ||
			lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) ||
			status.st_dev != above->dev)
			continue;
		struct listing_directory *directory = list(path, &status);
		if (!directory)
			return;
		if (!directory->is_whole && queue->count < LISTING_DIRECTORIES_MAX)
			queue->items[queue->count++] = directory;
		directory->is_whole = true;
	}
}

void listing_add_tree(const char *path) {
	static struct queue queue;
	struct stat status;

	queue.count = 0;
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return;
	struct listing_directory *top = list(path, &status);
	if (!top || top->is_whole)
		return;
	top->is_whole = true;
	queue.items[queue.count++] = top;
	for (size_t i = 0; i < queue.count && !listing.is_cut; i++) {
		DIR *stream = open_directory(queue.items[i]->path);

		if (!stream)
			continue;
		list_below(&queue, queue.items[i], stream);
		closedir(stream);
	}
}

bool listing_is_cut(void) {
	return listing.is_cut || listing.entries_count > ENTRIES_MAX;
}

const struct listing_directory *listing_directories(size_t *ret_count) {
	*ret_count = listing.directories_count;
	return listing.directories;
}

struct listing_file *listing_files(size_t *ret_count) {
	*ret_count = listing.files_count;
	return listing.files;
}

bool listing_path(const struct listing_file *file, char path[PATH_MAX]) {
	return snprintf(path, PATH_MAX, "%s/%s", file->directory->path, file->name) < PATH_MAX;
}

static void take_name(void *context, int64_t tag, const char *name) {
	struct listing_file *file = context;

	switch (tag) {
	case DT_SONAME:
		file->soname = listing_keep(name);
		break;
	case DT_RUNPATH:
		file->search_path = listing_keep(name);
		file->has_rpath = false;
		break;
	case DT_RPATH:
		if (!file->search_path) {
			file->search_path = listing_keep(name);
			file->has_rpath = true;
		}
		break;
	default:
		break;
	}
}

/* The names that are needed lie one behind the other. */
static void take_need(void *context, int64_t tag, const char *name) {
	struct listing_file *file = context;

	if (tag != DT_NEEDED || !name[0])
		return;
	const char *kept = listing_keep(name);
	if (!file->needed)
		file->needed = kept;
}

void listing_read(struct listing_file *file) {
	char path[PATH_MAX];
	struct elfform_words words;
	struct stat status;

	if (file->was_read)
		return;
	file->was_read = true;
	file->needed = "";
	int fd = listing_path(file, path) ? open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
					  : -1;
	if (fd < 0)
		return;
	file->is_library = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
			   elfform_check(fd, status.st_size, &words) == DLTEST_REASON_NONE;
	if (file->is_library) {
		elfform_each_name(fd, status.st_size, take_name, file);
		file->needed = NULL;
		elfform_each_name(fd, status.st_size, take_need, file);
		/* The end, or that there is none. */
		const char *end = listing_keep("");
		if (!file->needed || !end)
			file->needed = "";
	}
	close(fd);
}
