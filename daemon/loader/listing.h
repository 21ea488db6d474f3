/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The listing of a package: its directories and the files in them that have names of shared
 * libraries, in the order in which they were listed, with what each says of itself. Reads what
 * anybody may have written, and runs nothing of it. One in a process; load child only.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What is listed at most. Of what was measured (docs/DIAGNOSIS.md), VTK's wheel has most libraries,
 * 376, and scikit-learn's most directories, 231. */
#define LISTING_DIRECTORIES_MAX 2048
#define LISTING_FILES_MAX	4096

struct listing_directory {
	const char *path;
	dev_t dev;
	ino_t ino;
	bool is_whole; /* what is below it was listed, too */
};

struct listing_file {
	const struct listing_directory *directory;
	const char *name;
	bool was_read; /* the following are known */
	bool is_library;
	const char *soname;	 /* NULL: none */
	const char *search_path; /* DT_RUNPATH, else DT_RPATH; NULL: none */
	bool has_rpath;		 /* it is a DT_RPATH */
	const char *needed;	 /* names, each with its NUL, up to an empty one */
};

/* Lists the files in the directory at 'path'. */
void listing_add_directory(const char *path);

/* Lists the directory at 'path' and all below it that are on the same file system; symbolic links
 * are not followed to directories. What was listed before is not listed again. */
void listing_add_tree(const char *path);

/* True if there is more than can be listed, or kept. */
bool listing_is_cut(void);

/* The directories, and how many. */
const struct listing_directory *listing_directories(size_t *ret_count);

/* The files, and how many. */
struct listing_file *listing_files(size_t *ret_count);

/* The listed directory that is the same as that at 'path'; NULL if none is. */
const struct listing_directory *listing_find_directory(const char *path);

/* Writes the path of 'file' to 'path'; false if that is too long for one. */
bool listing_path(const struct listing_file *file, char path[PATH_MAX]);

/* Finds out what 'file' says of itself, unless that is known. */
void listing_read(struct listing_file *file);

/* A copy of 'text' that lasts as long as the process, or NULL if there is no room for more. */
const char *listing_keep(const char *text);
