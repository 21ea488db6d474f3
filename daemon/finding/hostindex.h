/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Directories and what of the files in them is mapped, kept from one question to the next: a
 * directory is read again when it has changed, a file is mapped again when it has. Runs in a
 * process of its own (hostfile.h). Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostfile.h"
#include "strv.h"

struct hostindex;
struct hostdir;

/* An empty index, which hostindex_free() frees; NULL if out of memory. */
struct hostindex *hostindex_new(void);

/* Frees 'index'; NULL is nothing. Returns NULL. */
struct hostindex *hostindex_free(struct hostindex *index);

/* Begins a question, for which everything is looked at once more, until the time 'end_ms'
 * (clock.h). */
void hostindex_begin(struct hostindex *index, uint64_t end_ms);

/* True if the time is over: what is found from now on is not all. */
bool hostindex_is_over(struct hostindex *index);

/* True if since hostindex_begin() nothing was left out, for want of time, memory or room. */
bool hostindex_is_whole(const struct hostindex *index);

/* The directory at 'path' as it is now; NULL if it is not there. Valid until the next question. */
const struct hostdir *hostindex_dir(struct hostindex *index, const char *path);

/* The number of its files, which are in the order of their names. */
size_t hostdir_count(const struct hostdir *dir);

/* The name of file 'at'. */
const char *hostdir_name(const struct hostdir *dir, size_t at);

/* True if file 'at' is a symlink to another one of this directory. */
bool hostdir_is_alias(const struct hostdir *dir, size_t at);

/* File 'at', if it is an ELF file of this machine; else NULL. Valid until the next question. */
const struct hostfile *hostindex_file(
	struct hostindex *index, const struct hostdir *dir, size_t at);

/* The number of 'names' that 'file' gives; 0 if these are fewer than 'least'. */
size_t hostindex_count(struct hostindex *index, const struct hostfile *file,
	const struct strv *names, size_t least);
