/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Mounts that may not answer: network file systems, those that a process serves (FUSE), and every
 * type that is not known to be served by the kernel alone. Who looks at one whose server has gone
 * waits in the kernel, where no signal ends it. This opens what can be opened without touching one.
 * One implementation a platform.
 */

#include <stdbool.h>
#include <sys/types.h>

struct dltest_mounts;

/* A mount as mountinfo has it (proc(5)). A file system that is mounted in several places has one
 * device. */
struct dltest_mount {
	int id;	      /* 0: nobody can tell */
	dev_t device; /* 0, too, then */
};

/* A new table of the mounts that this process sees, which dltest_mounts_free() frees; NULL without
 * memory. It is read when it is wanted, and again when it has changed. Where there is no /proc all
 * is taken for answering. It has a close-on-exec descriptor, of no use to a forked child, which
 * would share its offset. */
struct dltest_mounts *dltest_mounts_new(void);

/* Frees 'mounts'; NULL is nothing. Returns NULL. */
struct dltest_mounts *dltest_mounts_free(struct dltest_mounts *mounts);

/*
 * Opens the absolute 'path' with the 'flags' of open(2), without O_CREAT and O_TMPFILE, as long as
 * neither it nor what leads to it is on a mount that may not answer. Never those of "/" and of what
 * this program is mapped from, which answer or nothing would work. What an overlay or a loop device
 * has below it is not known, and a mount that is made in this very moment may be missed.
 *
 * Returns a close-on-exec descriptor, which the caller closes; -EREMOTE where the way leads to a
 * mount that may not answer, or where nobody can tell, which *ret_mount is then unless it is NULL;
 * another -errno, also for what open(2) refuses.
 */
int dltest_mounts_open(
	struct dltest_mounts *mounts, const char *path, int flags, struct dltest_mount *ret_mount);

/* True if all mounts of 'mounts' answer, as they are now: then any path may be looked at. */
bool dltest_mounts_all_answer(struct dltest_mounts *mounts);

/*
 * As dltest_mounts_open(), for one 'name' in the directory that 'dir' is open for. A link is not
 * followed (O_NOFOLLOW).
 */
int dltest_mounts_open_at(struct dltest_mounts *mounts, int dir, const char *name, int flags,
	struct dltest_mount *ret_mount);
