/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Processes that read other processes' memory for the daemon: that waits for locks of theirs, and
 * for pages that may never come. What is not read at once is not read. Runs in the daemon's loop.
 * Non-logging.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct reader;
struct reading;

/* Told what was read, of which only the first 'length' bytes count: up to a NUL, if there is one; 0
 * if nothing was. */
typedef void (*reading_done_fn)(void *context, const char *text, size_t length);

/* No process yet; reader_free() frees it. NULL if out of memory. */
struct reader *reader_new(struct event_base *base);

/* Ends the processes, without waiting for one, and frees 'reader'; NULL is nothing. What is still
 * to be read is forgotten. Returns NULL. */
struct reader *reader_free(struct reader *reader);

/*
 * Has the string at 'address' of 'thread' read, its first LOOKING_MEMORY_MAX bytes. 'on_done' is
 * called once, by the loop and not by this function, after 50 ms at the latest, but for the time
 * for which the machine keeps the reader from its work. It may change as it is read. Returns NULL
 * if that is not to be had; nobody is told then.
 */
struct reading *reader_read(struct reader *reader, pid_t thread, uint64_t address,
	reading_done_fn on_done, void *context);

/* Forgets 'reading', of which nobody has been told yet. */
void reading_cancel(struct reading *reading);
