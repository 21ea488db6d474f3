/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The place of the daemon's socket and its lock file, and how to reach them: also when the path is
 * longer than sun_path, when $TSUKU_HOME is a symlink, and when it is on a network file system.
 * Used by the client and the daemon, both while they have a single thread: the functions marked
 * "cwd" change the working directory for a moment.
 */

#include <stdbool.h>
#include <sys/types.h>

struct dltest_sockpath {
	char *dir;  /* absolute directory of the socket */
	char *name; /* name of the socket in it; the lock file is name + ".lock" */
	char *path; /* dir + "/" + name, for messages */
};

/* The user's home directory by the password file, whatever $HOME says. The caller frees it; NULL if
 * it has no entry for the user, or without memory. */
char *dltest_recorded_home(void);

/*
 * The directory tsuku lives in: $TSUKU_HOME made absolute; else that in whose tools directory this
 * program lies, as tsuku installs it; else the one whose libs is the first element of
 * LD_LIBRARY_PATH, if tsuku keeps its state.json there; else .tsuku in the user's home directory
 * ($HOME, else the password file). Need not exist. The caller frees *ret_home. Returns 0, -ENOENT
 * if the user has no home directory, -ENOMEM.
 */
int dltest_home(char **ret_home);

/*
 * Works out the socket's place, which dltest_sockpath_fini() frees: 'override' if it is not NULL,
 * else $TSUKU_DLTEST_SOCKET, else dltest.sock in 'home' (NULL: there is none), else, when 'home' is
 * on a network file system whose sockets other hosts would see, $XDG_RUNTIME_DIR/tsuku/<hash of
 * home>/dltest.sock (that directory is made, mode 0700). Returns 0, -ENOENT if there is nowhere to
 * put a socket, -ENOMEM, other -errno.
 */
int dltest_sockpath_init(struct dltest_sockpath *sockpath, const char *home, const char *override);

/* Frees what dltest_sockpath_init() set. */
void dltest_sockpath_fini(struct dltest_sockpath *sockpath);

/*
 * Checks that the socket's directory is one to trust: it exists, the effective user owns it and
 * nobody else can write to it. Returns 0, -EPERM if it is not to be trusted, other -errno.
 */
int dltest_sockpath_check(const struct dltest_sockpath *sockpath);

/*
 * Connects a new close-on-exec stream socket, if it is the effective user's own process that
 * listens. (cwd)
 * Returns the descriptor or -errno: -ENOENT without a socket, -ECONNREFUSED if nobody listens,
 * -EAGAIN if the listener has had too many to accept for 'limit_ms', -EPERM if it is another
 * user's.
 */
int dltest_sockpath_connect(const struct dltest_sockpath *sockpath, unsigned limit_ms);

/*
 * Makes a new listening close-on-exec socket of mode 0600, in place of a socket or symlink that is
 * there. The caller holds the lock. Both 'ret_dev' and 'ret_ino', for its identity, may be NULL.
 * (cwd) Returns the descriptor, -EEXIST if something else is there, or another -errno.
 */
int dltest_sockpath_listen(const struct dltest_sockpath *sockpath, dev_t *ret_dev, ino_t *ret_ino);

/*
 * Takes the lock without waiting, for as long as the returned close-on-exec descriptor or a copy
 * of it is open (flock(2)). The lock file is never removed, since somebody might already be
 * waiting for the one that is there. Returns the descriptor, -EWOULDBLOCK if somebody else has the
 * lock, other -errno.
 */
int dltest_sockpath_lock(const struct dltest_sockpath *sockpath);

/* The identity, device and inode, of what is at the socket's place now. Returns 0 or -errno. */
int dltest_sockpath_identity(
	const struct dltest_sockpath *sockpath, dev_t *ret_dev, ino_t *ret_ino);

/* Removes the socket if it is still the one with this identity. */
void dltest_sockpath_remove(const struct dltest_sockpath *sockpath, dev_t dev, ino_t ino);
