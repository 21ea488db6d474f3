/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether the system has processes, memory and descriptors for more. When it had not, whoever asks
 * again at once would do nothing else: for a moment it is taken to have none. Non-logging.
 */

#include <stdbool.h>

struct event_base;
struct room;

/* 'on_room' is called with 'context' when the moment is over. Returns 0 or -ENOMEM. */
int room_new(struct event_base *base, void (*on_room)(void *context), void *context,
	struct room **ret_room);

struct room *room_free(struct room *room);

/* Notes that something could not be started for 'error', an errno. Returns whether that was for
 * want of room. */
bool room_note(struct room *room, int error);

/* Whether that was a moment ago. */
bool room_is_lacking(const struct room *room);
