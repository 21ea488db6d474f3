/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What can be reached: looks at paths that end, whatever the file systems do that the paths lead
 * to. What is on a mount that answers for certain is looked at here and now; all else by an errand,
 * which has REACH_LOOK_MS for each look. A file system that has not answered by then is dead from
 * then on.
 */

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "errand.h"

struct dltest_mounts;
struct reach;

/* A new one, which reach_free() frees; NULL without memory. */
struct reach *reach_new(void);

/* Frees 'reach'; NULL is nothing. Returns NULL. */
struct reach *reach_free(struct reach *reach);

/* The mounts, for who opens something by himself. They belong to 'reach'. */
struct dltest_mounts *reach_mounts(struct reach *reach);

/* True if a look at the absolute 'path', and at what its links lead to, is certain to end. */
bool reach_is_certain(struct reach *reach, const char *path);

/* True if 'path' leads to a file system that is dead. Looks at none. */
bool reach_is_dead(struct reach *reach, const char *path);

/* How long the next look may take, in milliseconds: 2,000 as long as all have answered, and less
 * and less, so that many dead file systems do not cost much more than one. */
unsigned reach_patience_ms(const struct reach *reach);

/* Takes note that what 'path' leads to has not answered in that time. */
void reach_give_up(struct reach *reach, const char *path);

/* As stat(2), for an absolute 'path'. Returns 0 or -errno, -ETIMEDOUT if nothing answers. */
int reach_stat(struct reach *reach, const char *path, struct stat *ret_status);

/* Reads all of the file at the absolute 'path', by an errand. The caller frees *ret_bytes. Returns
 * 0 or -errno, -ETIMEDOUT if nothing answers. */
int reach_read(struct reach *reach, const char *path, char **ret_bytes, size_t *ret_length);
