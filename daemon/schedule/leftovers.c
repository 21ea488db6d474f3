/* SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include <event2/event.h>
#include <stdlib.h>

#include "batch.h"
#include "clock.h"
#include "request.h"

/* The time beyond that of its request's libraries that a batch may take: they may have begun in the
 * last moment, wait for processes, and for processors that others keep busy. */
#define MORE_MS 10000

struct leftovers {
	TAILQ_HEAD(, batch) batches;
	struct event *due;
	void (*on_due)(void *context);
	void *context;
};

static void leftovers_on_due(evutil_socket_t fd, short what, void *argument) {
	struct leftovers *leftovers = argument;

	(void)fd, (void)what;
	leftovers->on_due(leftovers->context);
}

struct leftovers *leftovers_new(
	struct event_base *base, void (*on_due)(void *context), void *context) {
	struct leftovers *leftovers = calloc(1, sizeof(*leftovers));

	if (!leftovers)
		return NULL;
	TAILQ_INIT(&leftovers->batches);
	leftovers->on_due = on_due;
	leftovers->context = context;
	leftovers->due = evtimer_new(base, leftovers_on_due, leftovers);
	return leftovers->due ? leftovers : leftovers_free(leftovers);
}

struct leftovers *leftovers_free(struct leftovers *leftovers) {
	if (!leftovers)
		return NULL;
	if (leftovers->due)
		event_free(leftovers->due);
	free(leftovers);
	return NULL;
}

/* Has 'on_due' called when the first of them is over at the latest. */
static void set_timer(struct leftovers *leftovers, uint64_t now_ms) {
	const struct batch *batch;
	uint64_t first_ms = UINT64_MAX;

	TAILQ_FOREACH (batch, &leftovers->batches, link)
		first_ms = batch->until_ms < first_ms ? batch->until_ms : first_ms;
	if (first_ms == UINT64_MAX)
		return;
	uint64_t left_ms = first_ms > now_ms ? first_ms - now_ms : 0;
	const struct timeval delay = {
		.tv_sec = (time_t)(left_ms / 1000), .tv_usec = (long)(left_ms % 1000 * 1000)};
	event_add(leftovers->due, &delay);
}

void leftovers_renew(struct leftovers *leftovers, struct batch *batch) {
	uint64_t now_ms = clock_now_ms();

	batch->until_ms = now_ms + batch->request->timeout_ms + MORE_MS;
	set_timer(leftovers, now_ms);
}

void leftovers_add(struct leftovers *leftovers, struct batch *batch) {
	TAILQ_INSERT_TAIL(&leftovers->batches, batch, link);
	leftovers_renew(leftovers, batch);
}

struct batch *leftovers_take_over(struct leftovers *leftovers) {
	struct batch *batch;

	if (TAILQ_EMPTY(&leftovers->batches))
		return NULL;
	uint64_t now_ms = clock_now_ms();
	TAILQ_FOREACH (batch, &leftovers->batches, link) {
		if (batch->at_work > 0 && batch->until_ms > now_ms)
			continue;
		TAILQ_REMOVE(&leftovers->batches, batch, link);
		set_timer(leftovers, now_ms);
		return batch;
	}
	/* It may be asked a little too early: the timer's clock is coarser than ours. */
	set_timer(leftovers, now_ms);
	return NULL;
}

struct batch *leftovers_take_any(struct leftovers *leftovers) {
	struct batch *batch = leftovers ? TAILQ_FIRST(&leftovers->batches) : NULL;

	if (batch)
		TAILQ_REMOVE(&leftovers->batches, batch, link);
	return batch;
}
