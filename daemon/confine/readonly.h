/* SPDX-License-Identifier: MIT */
#pragma once

/* Processes of our own that look at what others name, and are to do nothing else. Non-logging. */

enum readonly_kind {
	READONLY_FILES,	   /* looks at files and directories, by open(2) to read and stat(2) */
	READONLY_SEARCHES, /* likewise, and lists what is in directories */
	READONLY_MEMORY,   /* reads other processes' memory (process_vm_readv(2)), and no files */
};

/*
 * Has this process, which has one thread, do no more than that and talk over descriptors that it
 * has, from now on; and end with the one that started it, unless it waits in the kernel. What the
 * kernel or a container does not give for that is done without: the code that follows is our own.
 * One implementation a platform.
 */
void readonly_enter(enum readonly_kind kind);
