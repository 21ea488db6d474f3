/* SPDX-License-Identifier: MIT */
#include "schedule_parts.h"

#include <event2/event.h>

#include "inflight.h"
#include "job.h"
#include "loads.h"
#include "queue.h"

void schedule_wake(struct schedule *schedule) {
	event_active(schedule->pump, 0, 0);
}

void schedule_release_impatient(struct schedule *schedule, struct job *job) {
	if (!inflight_is_kept(schedule->inflight, job))
		schedule_release_followers(schedule, job);
}

void schedule_release_followers(struct schedule *schedule, struct job *job) {
	struct job_list followers = TAILQ_HEAD_INITIALIZER(followers);
	struct job *follower;

	inflight_leave(schedule->inflight, job, &followers);
	while ((follower = TAILQ_FIRST(&followers))) {
		TAILQ_REMOVE(&followers, follower, link);
		queue_return(schedule->queue, follower);
	}
	schedule_wake(schedule);
}

bool schedule_may_wait_for_room(struct schedule *schedule, const char *complaint) {
	struct loads_figures figures;

	schedule->lacks_room = true;
	loads_get_figures(schedule->loads, &figures);
	/* What other loads have comes back when they end, which they do in time. */
	if (figures.busy > 0 || !roomwait_note(&schedule->roomwait, complaint))
		return true;
	schedule->refuses = true;
	return false;
}
