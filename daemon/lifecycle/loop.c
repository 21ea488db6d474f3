/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#include <dltest/cleanup.h>

#include "ownpipe.h"

#define HEARING_US 1000
#define PRIORITIES 3

/* One callback that leads to another, and that to the first one again, would keep the loop from all
 * that comes from outside meanwhile. */
static struct event_base *make_base(void) {
	static const struct timeval interval = {.tv_usec = HEARING_US};
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_set_max_dispatch_interval(config, &interval, -1, 0) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

int loop_new(struct event_base **ret_base) {
	/* The next one that will be given away. */
	int first = dup(STDERR_FILENO);

	fd_close(first);
	struct event_base *base = make_base();
	if (!base)
		return -ENOMEM;
	/* What comes through it tells of signals. */
	if (first >= 0)
		ownpipe_close_made_since(first);
	if (event_base_priority_init(base, PRIORITIES) < 0) {
		event_base_free(base);
		return -EINVAL;
	}
	*ret_base = base;
	return 0;
}
