/* SPDX-License-Identifier: MIT */
#include "loadtimer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "childproc.h"
#include "clock.h"
#include "load.h"
#include "zygote.h"

/* How long a killed child may take to be gone. Longer only in uninterruptible sleep (a dead
 * network file system), or because its zygote does not do its part. */
#define GRACE_MS 2000
/* How soon a child is looked for again that was to be killed before it had said who it is. */
#define HELLO_MS 20

void loadtimer_set(struct load *load, unsigned ms) {
	struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(load->timer, &delay);
}

/* Its time is over in 'left_ms'; with 'again' there is something to be done before. */
static void set_next_timer(struct load *load, bool again, unsigned left_ms) {
	load->again = again && left_ms > CHILDPROC_AGAIN_MS;
	loadtimer_set(load, load->again ? CHILDPROC_AGAIN_MS : left_ms);
}

static unsigned ms_until(uint64_t end_ms) {
	uint64_t now_ms = clock_now_ms();

	return end_ms > now_ms ? (unsigned)(end_ms - now_ms) : 0;
}

void loadtimer_kill(struct load *load) {
	bool again = zygote_kill(load->zygote, load) == -EAGAIN;

	if (load->pid > 0 && !load->kill_sent)
		load->grace_end_ms = clock_now_ms() + GRACE_MS;
	load->kill_sent = load->pid > 0;
	if (load->kill_sent)
		set_next_timer(load, again, ms_until(load->grace_end_ms));
	else
		loadtimer_set(load, HELLO_MS);
}

void loadtimer_demote(struct load *load) {
	bool again = load->nice > 0 && zygote_demote(load->zygote, load) == -EAGAIN;

	set_next_timer(load, again, ms_until(load->start_us / 1000 + load->timeout_ms));
}

void loadtimer_begin_kill(struct load *load) {
	load->grace_end_ms = clock_now_ms() + GRACE_MS;
	loadtimer_kill(load);
}
