/* SPDX-License-Identifier: MIT */
#include "spent.h"

#include "amount.h"
#include "childproc.h"

/* Of all the time that a load may wait for a disk: so much, and so many times its timeout. A file
 * system that never answers shows as one that is slow, and whoever asks is to have an answer within
 * ten seconds more than the timeout. */
#define DISK_MAX_US UINT64_C(8000000)
#define DISK_TIMES  4

/*
 * Whether more has been used by threads that are not there any more. What a thread that runs has
 * had is told a tick late, so that it takes more than ever before.
 */
static bool have_threads_ended(struct spent *spent, const struct childproc_usage *now) {
	uint64_t dead_us = amount_less(now->cpu_us, now->living_cpu_us);
	bool more = dead_us > spent->dead_us;

	if (more)
		spent->dead_us = dead_us;
	return more;
}

/* What its threads have told that they waited, but for what was known before. */
static uint64_t take_delay(struct spent *spent, uint64_t told_us) {
	uint64_t known_us = amount_min(told_us, spent->pending_us);

	spent->pending_us -= known_us;
	return told_us - known_us;
}

/* A wait is told when it is over; where many want the processor, that can take longer than from one
 * look to the next. One that is not over is taken to be no longer than twice those before it. */
static uint64_t find_pending(
	const struct childproc_usage *before, const struct childproc_usage *now, uint64_t rest_us) {
	uint64_t turns = amount_less(now->turns, before->turns);

	if (!now->is_runnable)
		return 0;
	return turns == 0 ? rest_us
			  : amount_min(rest_us,
				    2 * amount_less(now->delay_us, before->delay_us) / turns);
}

/*
 * How much of what is told can have been. Of one thread, all that went by without running since the
 * beginning: a wait may have begun before the last look. Several have one processor; while none of
 * them ran, one of them waited for at most so long as all together, but also at most so long.
 */
static uint64_t find_room(
	const struct spent *spent, const struct childproc_usage *now, uint64_t rest_us) {
	if (now->threads > 1 || spent->dead_us > 0)
		return rest_us;
	return rest_us + spent->wall_us - spent->cpu_us - spent->waited_us - spent->disk_us;
}

/* What it waited for a processor. */
static uint64_t find_waited(struct spent *spent, const struct childproc_usage *before,
	const struct childproc_usage *now, uint64_t rest_us, uint64_t others_us) {
	uint64_t told_us = take_delay(spent, amount_less(now->delay_us, before->delay_us));
	uint64_t room_us = find_room(spent, now, rest_us);
	uint64_t waited_us = amount_min(told_us, room_us);

	/* Threads that have ended took with them how long they had waited; then whatever others had
	 * of the processor counts, which is more than it was. */
	if (have_threads_ended(spent, now) && now->is_runnable && others_us > waited_us)
		waited_us = amount_min(others_us, rest_us);
	uint64_t pending_us = find_pending(before, now, amount_less(rest_us, waited_us));
	spent->pending_us += pending_us;
	return waited_us + pending_us;
}

void spent_add(struct spent *spent, const struct childproc_usage *before,
	const struct childproc_usage *now, const struct spent_interval *interval) {
	uint64_t cpu_us = amount_min(amount_less(now->cpu_us, before->cpu_us), interval->passed_us);
	uint64_t rest_us = interval->passed_us - cpu_us;
	uint64_t waited_us =
		find_waited(spent, before, now, rest_us, amount_less(interval->busy_us, cpu_us));

	spent->is_hungry = 2 * (cpu_us + amount_min(waited_us, rest_us)) > interval->passed_us;
	/* What the daemon waited the child did, too, unless it waited already. */
	waited_us += amount_min(interval->ours_us, amount_less(rest_us, waited_us));
	spent->wall_us += interval->passed_us;
	spent->cpu_us += cpu_us;
	spent->waited_us += waited_us;
	if (now->on_disk)
		spent->disk_us += amount_less(rest_us, waited_us);
}

uint64_t spent_own_us(const struct spent *spent) {
	uint64_t disk_max_us = amount_min(DISK_MAX_US, DISK_TIMES * spent->timeout_us);

	return spent->wall_us - spent->waited_us - amount_min(spent->disk_us, disk_max_us);
}

bool spent_is_over(const struct spent *spent, enum spent_rivals rivals) {
	if (spent_own_us(spent) >= spent->timeout_us)
		return true;
	return rivals == SPENT_RIVALS_OURS && spent->wall_us >= spent->timeout_us &&
	       5 * spent->cpu_us >= 2 * spent->timeout_us;
}

uint64_t spent_left_us(const struct spent *spent) {
	uint64_t own_us = amount_less(spent->timeout_us, spent_own_us(spent));
	uint64_t wall_us = amount_less(spent->timeout_us, spent->wall_us);
	uint64_t cpu_us = amount_less(2 * spent->timeout_us / 5, spent->cpu_us);

	/* What is over for rivals of ours is not, if there are others. */
	if (wall_us == 0 && cpu_us == 0)
		return own_us;
	return amount_min(own_us, wall_us > cpu_us ? wall_us : cpu_us);
}
