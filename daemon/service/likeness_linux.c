/* SPDX-License-Identifier: MIT */
#include "likeness.h"

#include <dltest/standing.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "strv.h"

/* Of kernels newer than the headers may be. */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define LABEL_MAX 256
/* Room for so many is tried first. There may be 65536, and in a user namespace one several times:
 * all that it does not have are shown as the same one. */
#define GROUPS_USUAL 64

/* Below /proc/PID: what there is to read, and as whom. The network namespace is asked of the
 * socket; a load does not come near what the others are about, and each would cost as much as a
 * third of what is asked here in all. */
static const char *const places[] = {"root", "ns/mnt", "ns/user"};
#define PLACES (sizeof(places) / sizeof(places[0]))

struct place {
	bool exists; /* false: this kernel has no such namespace */
	dev_t dev;
	ino_t ino;
};

/* As stat(2), by what the kernel knows already: the root of whoever asks may be where nothing
 * answers. (AT_STATX_DONT_SYNC, Linux 4.11, statx(2)). Returns 0 or -1. */
static int look_at(const char *path, dev_t *ret_dev, ino_t *ret_ino) {
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	struct statx status;

	if (statx(AT_FDCWD, path, flags, STATX_INO, &status) < 0)
		return -1;
	*ret_dev = makedev(status.stx_dev_major, status.stx_dev_minor);
	*ret_ino = (ino_t)status.stx_ino;
	return 0;
}

/* Groups, by number, each once. */
struct groups {
	gid_t *items;
	size_t count;
};

struct likeness {
	struct dltest_standing standing;
	struct dltest_standing_words words;
	struct place places[PLACES];
	struct groups groups;
	uint64_t network; /* 0: this kernel does not tell */
	char label[LABEL_MAX];
	bool sees; /* the numbers in /proc are those of this process's pid namespace */
};

DEFINE_CLEANUP(struct likeness *, likeness_free);

static int compare_groups(const void *one, const void *other) {
	const gid_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* Which of them a process has as its own makes no difference to what it may read. */
static void sort_groups(struct groups *groups) {
	size_t count = 0;

	qsort(groups->items, groups->count, sizeof(*groups->items), compare_groups);
	for (size_t i = 0; i < groups->count; i++) {
		if (count == 0 || groups->items[count - 1] != groups->items[i])
			groups->items[count++] = groups->items[i];
	}
	groups->count = count;
}

static int take_groups(struct groups *ret_groups) {
	int count = getgroups(0, NULL);
	struct groups groups = {.items = calloc((size_t)count + 1, sizeof(*groups.items))};

	if (!groups.items)
		return -ENOMEM;
	count = getgroups(count, groups.items);
	groups.items[count] = getegid();
	groups.count = (size_t)count + 1;
	sort_groups(&groups);
	*ret_groups = groups;
	return 0;
}

/* The network namespace of who made the socket 'fd' or connected it; 0 before Linux 5.14. */
static uint64_t find_network(int fd) {
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

/* The label that a security module has given to the process at the other end of 'fd'; empty where
 * none tells. */
static void find_label(int fd, char label[LABEL_MAX]) {
	socklen_t size = LABEL_MAX - 1;

	memset(label, 0, LABEL_MAX);
	getsockopt(fd, SOL_SOCKET, SO_PEERSEC, label, &size);
}

/* As they are of a connection of this process with itself. */
static int take_of_sockets(struct likeness *likeness) {
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	likeness->network = find_network(pair[0]);
	find_label(pair[0], likeness->label);
	close(pair[0]);
	close(pair[1]);
	return 0;
}

/* In a new pid namespace with an old /proc, a number there is somebody else's. */
static bool sees_processes(void) {
	char number[16] = "";

	return readlink("/proc/self", number, sizeof(number) - 1) > 0 &&
	       strtol(number, NULL, 10) == getpid();
}

int likeness_new(const struct dltest_standing *standing, struct likeness **ret_likeness) {
	CLEANUP(likeness_free_p) struct likeness *likeness = calloc(1, sizeof(*likeness));

	if (!likeness)
		return -ENOMEM;
	likeness->standing = *standing;
	dltest_standing_say(&likeness->words);
	likeness->sees = sees_processes();
	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &likeness->places[i];
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/%s", places[i]);
		place->exists = look_at(path, &place->dev, &place->ino) == 0;
	}
	int r = take_of_sockets(likeness);
	if (r == 0)
		r = take_groups(&likeness->groups);
	if (r < 0)
		return r;
	*ret_likeness = steal_ptr(&likeness);
	return 0;
}

struct likeness *likeness_free(struct likeness *likeness) {
	if (!likeness)
		return NULL;
	free(likeness->groups.items);
	free(likeness);
	return NULL;
}

/* What it means that a process cannot be looked at: nothing if it has ended, since then nobody
 * waits for an answer. */
static enum likeness_outcome without_a_look(pid_t pid, enum likeness_outcome unseen) {
	return kill(pid, 0) < 0 && errno == ESRCH ? LIKENESS_SAME : unseen;
}

/* Says 'unseen' of a process that exists and cannot be looked at. */
static enum likeness_outcome compare_places(
	const struct likeness *likeness, pid_t pid, enum likeness_outcome unseen) {
	if (!likeness->sees)
		return without_a_look(pid, unseen);
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *place = &likeness->places[i];
		struct place now;
		char path[64];

		if (!place->exists)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, places[i]);
		if (look_at(path, &now.dev, &now.ino) < 0)
			return without_a_look(pid, unseen);
		if (now.dev != place->dev || now.ino != place->ino)
			return LIKENESS_ELSEWHERE;
	}
	return LIKENESS_SAME;
}

/* Those of the process that connected 'fd', whose own one is 'own'. Returns as take_groups(). */
static int take_groups_of(int fd, gid_t own, struct groups *ret_groups) {
	socklen_t size = GROUPS_USUAL * sizeof(own);
	struct groups groups = {0};
	int r = -ERANGE;

	/* If that is no room for all, the kernel says how much is. */
	for (int tries = 0; tries < 2 && r == -ERANGE; tries++) {
		free(groups.items);
		groups.items = malloc(size + sizeof(own));
		if (!groups.items)
			return -ENOMEM;
		r = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.items, &size) < 0 ? -errno : 0;
	}
	if (r < 0) {
		free(groups.items);
		return r;
	}
	groups.count = size / sizeof(own);
	groups.items[groups.count++] = own;
	sort_groups(&groups);
	*ret_groups = groups;
	return 0;
}

static bool has_same_groups(const struct likeness *likeness, int fd, gid_t own) {
	const struct groups *ours = &likeness->groups;
	struct groups theirs;

	int r = take_groups_of(fd, own, &theirs);
	/* Before Linux 4.13 nobody tells. */
	if (r < 0)
		return r == -ENOPROTOOPT;
	bool same = theirs.count == ours->count &&
		    memcmp(theirs.items, ours->items, ours->count * sizeof(own)) == 0;
	free(theirs.items);
	return same;
}

static enum likeness_outcome compare_standing(const struct likeness *likeness, pid_t pid) {
	const struct dltest_standing *ours = &likeness->standing;
	struct dltest_standing theirs;

	if (dltest_standing_take_of(pid, &theirs) < 0)
		return without_a_look(pid, LIKENESS_OTHER);
	if (memcmp(ours->limits, theirs.limits, sizeof(ours->limits)) != 0 ||
		ours->capabilities != theirs.capabilities)
		return LIKENESS_OTHER;
	/* A client with some where this process has none knows that of itself. */
	if (ours->filters == 0)
		return LIKENESS_SAME;
	if (dltest_standing_count_filters(pid, &theirs.filters) < 0)
		return without_a_look(pid, LIKENESS_OTHER);
	return ours->filters == theirs.filters ? LIKENESS_SAME : LIKENESS_OTHER;
}

static bool has_same_label(const struct likeness *likeness, int fd) {
	char label[LABEL_MAX];

	find_label(fd, label);
	return memcmp(label, likeness->label, LABEL_MAX) == 0;
}

/* The process that connected 'fd'; its pid is 0 if it has no number in this pid namespace, being in
 * one that is not below this. Where the kernel tells nothing, nothing can be compared. */
static bool find_peer(int fd, struct ucred *ret_peer) {
	socklen_t size = sizeof(*ret_peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &size) == 0;
}

static enum likeness_outcome compare_view(const struct likeness *likeness, int fd,
	const struct ucred *peer, enum likeness_outcome unseen) {
	if (peer->pid == 0 || find_network(fd) != likeness->network)
		return LIKENESS_ELSEWHERE;
	return compare_places(likeness, peer->pid, unseen);
}

enum likeness_outcome likeness_compare_places(const struct likeness *likeness, int fd) {
	struct ucred peer;

	return find_peer(fd, &peer) ? compare_view(likeness, fd, &peer, LIKENESS_SAME)
				    : LIKENESS_SAME;
}

enum likeness_outcome likeness_compare(const struct likeness *likeness, int fd) {
	struct ucred peer;

	if (!find_peer(fd, &peer))
		return LIKENESS_SAME;
	enum likeness_outcome outcome = compare_view(likeness, fd, &peer, LIKENESS_OTHER);
	if (outcome != LIKENESS_SAME)
		return outcome;
	if (likeness->standing.kind == DLTEST_STANDING_APART)
		return LIKENESS_OTHER;
	if (!has_same_groups(likeness, fd, peer.gid) || !has_same_label(likeness, fd))
		return LIKENESS_OTHER;
	return compare_standing(likeness, peer.pid);
}

enum likeness_outcome likeness_compare_words(
	const struct likeness *likeness, const struct strv *words) {
	const struct dltest_standing_words *ours = &likeness->words;

	if (ours->count != words->count)
		return LIKENESS_OTHER;
	for (size_t i = 0; i < ours->count; i++) {
		if (strcmp(ours->items[i], words->items[i]) != 0)
			return LIKENESS_OTHER;
	}
	return LIKENESS_SAME;
}
