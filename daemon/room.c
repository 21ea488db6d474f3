/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define MOMENT_MS 50

struct room {
	struct event *over; /* pending: there was none */
	void (*on_room)(void *context);
	void *context;
};

static void room_on_over(evutil_socket_t fd, short what, void *argument) {
	struct room *room = argument;

	(void)fd, (void)what;
	room->on_room(room->context);
}

int room_new(struct event_base *base, void (*on_room)(void *context), void *context,
	struct room **ret_room) {
	struct room *room = calloc(1, sizeof(*room));

	if (!room)
		return -ENOMEM;
	room->on_room = on_room;
	room->context = context;
	room->over = evtimer_new(base, room_on_over, room);
	if (!room->over) {
		free(room);
		return -ENOMEM;
	}
	*ret_room = room;
	return 0;
}

struct room *room_free(struct room *room) {
	if (!room)
		return NULL;
	event_free(room->over);
	free(room);
	return NULL;
}

bool room_note(struct room *room, int error) {
	const struct timeval moment = {.tv_usec = MOMENT_MS * 1000};

	if (error != EAGAIN && error != ENOMEM && error != EMFILE && error != ENFILE)
		return false;
	event_add(room->over, &moment);
	return true;
}

bool room_is_lacking(const struct room *room) {
	return evtimer_pending(room->over, NULL);
}
