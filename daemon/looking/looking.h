/* SPDX-License-Identifier: MIT */
#pragma once

/* What the daemon asks a looker, and how that answers: a message each, over a socket that keeps
 * messages apart. For lookers.c, reader.c and looker.c, which are of one program. */

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

/* The only descriptor of a looker's that leads anywhere. */
#define LOOKING_SOCKET 0
/* Bytes of memory that are read at a time. */
#define LOOKING_MEMORY_MAX 256

struct looking_question {
	uint32_t number;
	/* Of memory: a thread, and an address in it. */
	int32_t thread;
	uint64_t address;
	char path[PATH_MAX]; /* of files, as long as it is */
};

struct looking_answer {
	uint32_t number;
	int32_t error; /* 0, or -errno */
	struct stat status;
	uint32_t length;     /* bytes of 'text' */
	char text[PATH_MAX]; /* the path without symlinks, or what memory holds; that much is sent
			      */
};
