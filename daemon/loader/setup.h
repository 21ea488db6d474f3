/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the daemon prepared for this zygote: the child's seccomp program, the rules of its
 * Landlock layer and the directories that libraries may be loaded from. Read once by the zygote;
 * its children inherit it.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loader_abi.h"

struct sock_filter;

/* What of /proc has a rule of its own. */
#define SETUP_MACHINE 8

struct setup_rule {
	uint64_t access;
	int fd; /* O_PATH descriptor of the directory or file */
	dev_t dev;
	ino_t ino;
};

struct setup {
	const struct loader_setup *head;
	char *const *environment;	  /* the zygote's, for a trace */
	struct sock_filter *filter;	  /* head->filter_count instructions */
	struct sock_filter *trace_filter; /* head->trace_filter_count instructions */
	uint64_t *affinity_token;	  /* that of head, to be wiped */
	struct setup_rule rules[LOADER_RULES_MAX + SETUP_MACHINE];
	size_t rules_count;
	const char *roots[LOADER_ROOTS_MAX]; /* resolved, without a final slash */
	size_t roots_count;
	const char *libs; /* the one of them that is $TSUKU_HOME/libs, or NULL */
};

/* True if 'error', of opening something, says that there was no room for that. */
static inline bool setup_lacks_room(int error) {
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

/*
 * Reads the set-up from 'fd', opens what its rules name (what is not there is left out) and
 * closes 'fd'. The memory lives as long as the process.
 * Returns 0, -EPROTO when the set-up makes no sense, other -errno.
 */
int setup_read(struct setup *setup, int fd);
