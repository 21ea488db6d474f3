/* SPDX-License-Identifier: MIT */
#include "shortage.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#define PAUSE_MS 50

struct shortage {
	struct event *over; /* pending while it lasts */
	void (*on_over)(void *context);
	void *context;
};

static void shortage_on_over(evutil_socket_t fd, short what, void *argument) {
	struct shortage *shortage = argument;

	(void)fd, (void)what;
	shortage->on_over(shortage->context);
}

int shortage_new(struct event_base *base, void (*on_over)(void *context), void *context,
	struct shortage **ret_shortage) {
	struct shortage *shortage = calloc(1, sizeof(*shortage));

	if (!shortage)
		return -ENOMEM;
	shortage->on_over = on_over;
	shortage->context = context;
	shortage->over = evtimer_new(base, shortage_on_over, shortage);
	if (!shortage->over) {
		free(shortage);
		return -ENOMEM;
	}
	*ret_shortage = shortage;
	return 0;
}

struct shortage *shortage_free(struct shortage *shortage) {
	if (!shortage)
		return NULL;
	event_free(shortage->over);
	free(shortage);
	return NULL;
}

void shortage_note(struct shortage *shortage) {
	const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};

	event_add(shortage->over, &pause);
}

bool shortage_lasts(const struct shortage *shortage) {
	return evtimer_pending(shortage->over, NULL);
}
