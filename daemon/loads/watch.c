/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <stdbool.h>

#include <dltest/protocol.h>

#include "amount.h"
#include "clock.h"
#include "processors.h"
#include "reserve.h"

/* How often what takes long is looked at: whether it sleeps or works is known by then, and of a
 * wait for a disk there is a sample. */
#define LOOK_MS	    100
#define LOOK_MIN_MS 10
/* Memory that a process can fill in a millisecond, more than any does: huge pages were zeroed at
 * 10 GB/s. */
#define FILL_PER_MS (UINT64_C(16) << 20)
/* Threads that a process can start in a millisecond, 50 were seen; and how many it has before that
 * is a reason to hurry: most have one. */
#define STARTS_PER_MS 50
#define THREADS_MANY  64
/* How late a look may be without being thought of. */
#define LATE_US 20000
/* The look at which it is first asked what the processors do. */
#define FIRST_BUSY_LOOK 2
/* Others want the processor if they had a quarter of it. Less than that is the daemon, the loader
 * and the client. */
#define OTHERS_PART 4

void watch_begin(struct watch *watch, struct processors *processors, struct reserve *reserve,
	uint32_t timeout_ms, unsigned first_look_ms) {
	uint64_t now_us = clock_now_us();

	*watch = (struct watch){
		.processors = processors,
		.reserve = reserve,
		.looked_us = now_us,
		.due_us = now_us + UINT64_C(1000) * first_look_ms,
		.spent = {.timeout_us = UINT64_C(1000) * timeout_ms},
	};
}

/* Looks with a descriptor kept back where there is no other. */
static int look(const struct watch *watch, const struct watch_child *child,
	struct childproc_usage *ret_usage) {
	int r = childproc_look(child->pid, child->parent, ret_usage);

	if (r == -EAGAIN && watch->reserve) {
		reserve_lend(watch->reserve);
		r = childproc_look(child->pid, child->parent, ret_usage);
		reserve_refill(watch->reserve);
	}
	return r;
}

static uint64_t busy_us(const struct watch *watch, const struct watch_child *child) {
	return watch->processors ? processors_busy_us(watch->processors, child->processor) : 0;
}

/* How long its processor was busy since that was last asked, which is done only if it makes a
 * difference: when threads have ended (spent.h). */
static uint64_t find_busy(
	struct watch *watch, const struct watch_child *child, const struct childproc_usage *usage) {
	uint64_t before_us = watch->busy_us, now_us;

	if (usage->cpu_us <= usage->living_cpu_us + watch->spent.dead_us)
		return 0;
	now_us = busy_us(watch, child);
	watch->busy_us = now_us;
	return before_us == 0 || now_us < before_us ? UINT64_MAX : now_us - before_us;
}

/* How long we kept it waiting, or did not look: what was held up, stopped or frozen may have held
 * up the child as well. */
static uint64_t find_ours(const struct watch *watch, const struct watch_child *child,
	uint64_t now_us, uint64_t delay_us) {
	uint64_t late_us = amount_less(now_us, watch->due_us + LATE_US);
	uint64_t waited_us =
		child->asked != watch->asked && watch->looks > 0 ? delay_us - watch->delay_us : 0;

	return late_us > waited_us ? late_us : waited_us;
}

/* What its processor has done before is nobody's rivalry. It costs more than all else of a look,
 * and most of what is looked at once is never looked at again. */
static void note_first(struct watch *watch, const struct watch_child *child) {
	if (++watch->looks != FIRST_BUSY_LOOK || !watch->processors || child->processor < 0)
		return;
	watch->busy_us = watch->first_busy_us = busy_us(watch, child);
	watch->first_used_us = watch->processors->used_us[child->processor];
}

static void spend(
	struct watch *watch, const struct watch_child *child, const struct childproc_usage *usage) {
	uint64_t now_us = clock_now_us(), delay_us = childproc_own_delay_us();
	uint64_t cpu_us = watch->spent.cpu_us;
	struct spent_interval interval = {
		.passed_us = now_us - watch->looked_us,
		.busy_us = find_busy(watch, child, usage),
		.ours_us = find_ours(watch, child, now_us, delay_us),
	};

	spent_add(&watch->spent, &watch->usage, usage, &interval);
	if (watch->processors)
		processors_add_used(
			watch->processors, child->processor, watch->spent.cpu_us - cpu_us);
	note_first(watch, child);
	watch->usage = *usage;
	watch->looked_us = now_us;
	watch->asked = child->asked;
	watch->delay_us = delay_us;
}

static enum spent_rivals find_rivals(const struct watch *watch, const struct watch_child *child) {
	uint64_t now_us = busy_us(watch, child);

	if (watch->first_busy_us == 0 || now_us < watch->first_busy_us)
		return SPENT_RIVALS_OTHERS;
	uint64_t passed_us = now_us - watch->first_busy_us;
	uint64_t ours_us = watch->processors->used_us[child->processor] - watch->first_used_us;
	uint64_t others_us = amount_less(passed_us, ours_us);
	return OTHERS_PART * others_us >= watch->spent.wall_us ? SPENT_RIVALS_OTHERS
							       : SPENT_RIVALS_OURS;
}

static bool is_over(const struct watch *watch, const struct watch_child *child) {
	if (spent_is_over(&watch->spent, SPENT_RIVALS_OTHERS))
		return true;
	/* Who its rivals are takes a look, too. */
	return spent_is_over(&watch->spent, SPENT_RIVALS_OURS) &&
	       find_rivals(watch, child) == SPENT_RIVALS_OURS;
}

enum watch_finding watch_look(struct watch *watch, const struct watch_child *child) {
	struct childproc_usage usage;

	int r = look(watch, child, &usage);
	if (r == -EAGAIN)
		return WATCH_BLIND;
	if (r < 0 || usage.ended)
		return WATCH_ENDED;
	spend(watch, child, &usage);
	if (usage.resident > DLTEST_MEMORY_MAX)
		return WATCH_TOO_LARGE;
	if (usage.threads > DLTEST_THREADS_MAX)
		return WATCH_TOO_MANY;
	return is_over(watch, child) ? WATCH_OVER : WATCH_GOES_ON;
}

/* When the child could have come to 'most' of something, with so much of it a millisecond. */
static uint64_t find_reach_ms(uint64_t has, uint64_t most, uint64_t per_ms) {
	return amount_less(most, has) / per_ms;
}

static unsigned find_next_ms(const struct watch *watch) {
	const struct childproc_usage *usage = &watch->usage;
	uint64_t ms = spent_left_us(&watch->spent) / 1000 + 1;

	ms = amount_min(ms, find_reach_ms(usage->resident, DLTEST_MEMORY_MAX, FILL_PER_MS));
	if (usage->threads > THREADS_MANY)
		ms = amount_min(
			ms, find_reach_ms(usage->threads, DLTEST_THREADS_MAX, STARTS_PER_MS));
	ms = amount_min(ms, LOOK_MS);
	return ms < LOOK_MIN_MS ? LOOK_MIN_MS : (unsigned)ms;
}

unsigned watch_plan(struct watch *watch) {
	unsigned ms = find_next_ms(watch);

	watch->due_us = clock_now_us() + UINT64_C(1000) * ms;
	return ms;
}

uint64_t watch_own_us(const struct watch *watch, uint64_t now_us) {
	return spent_own_us(&watch->spent) + amount_min(now_us - watch->looked_us, LOOK_MS * 1000);
}
