/* SPDX-License-Identifier: MIT */
#include "inflight.h"

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "hashtable.h"
#include "request.h"

/* A job at work; of those on one path only the first is known, others neither lead nor follow. */
struct leader {
	UT_hash_handle hh; /* inflight.leaders, by the path of 'job' */
	struct job *job;
	struct job_list followers;
	bool is_kept; /* true: nobody is told of it but the followers */
};

struct inflight {
	struct leader *leaders;
};

struct inflight *inflight_new(void) {
	return calloc(1, sizeof(struct inflight));
}

struct inflight *inflight_free(struct inflight *inflight) {
	struct leader *leader, *next;

	if (!inflight)
		return NULL;
	HASH_ITER (hh, inflight->leaders, leader, next) {
		HASH_DEL(inflight->leaders, leader);
		free(leader);
	}
	free(inflight);
	return NULL;
}

/* Of the batch, in which it was asked. */
static const struct env *env_of(const struct job *job) {
	return job_has_moved(job) ? job->batch->env : job->env;
}

static bool same_settings(const struct job *one, const struct job *other) {
	const struct request *a = one->question.request, *b = other->question.request;

	return env_of(one) == env_of(other) && a->timeout_ms == b->timeout_ms &&
	       a->details == b->details && request_asks_same(a, b);
}

/* Has 'job' lead. Returns NULL without memory. */
static struct leader *add_leader(struct inflight *inflight, struct job *job) {
	struct leader *leader = calloc(1, sizeof(*leader));

	if (!leader)
		return NULL;
	leader->job = job;
	TAILQ_INIT(&leader->followers);
	HASH_ADD_KEYPTR(
		hh, inflight->leaders, job->question.path, strlen(job->question.path), leader);
	if (hashtable_has(&leader->hh))
		return leader;
	free(leader);
	return NULL;
}

bool inflight_join(struct inflight *inflight, struct job *job) {
	struct leader *leader;

	/* Whoever wants a fresh answer wants one of a load that has not begun yet. */
	if (job->question.request->dry_run)
		return false;
	HASH_FIND_STR(inflight->leaders, job->question.path, leader);
	if (leader) {
		if (leader->job == job || (job->alone && !leader->is_kept) ||
			job->question.request->fresh || !same_settings(leader->job, job))
			return false;
		TAILQ_INSERT_TAIL(&leader->followers, job, link);
		job->leader = leader;
		return true;
	}
	add_leader(inflight, job);
	return false;
}

struct job *inflight_awaited(const struct job *job) {
	return job->leader ? job->leader->job : NULL;
}

static struct leader *find_leader(const struct inflight *inflight, const struct job *job) {
	struct leader *leader;

	HASH_FIND_STR(inflight->leaders, job->question.path, leader);
	return leader && leader->job == job ? leader : NULL;
}

void inflight_keep(struct inflight *inflight, struct job *job) {
	struct leader *leader;

	HASH_FIND_STR(inflight->leaders, job->question.path, leader);
	if (!leader && !job->question.request->dry_run)
		leader = add_leader(inflight, job);
	if (leader && leader->job == job)
		leader->is_kept = true;
}

bool inflight_is_kept(const struct inflight *inflight, const struct job *job) {
	const struct leader *leader = find_leader(inflight, job);

	return leader && leader->is_kept;
}

struct job *inflight_take_heir(struct inflight *inflight, struct job *job) {
	struct leader *leader = find_leader(inflight, job);
	struct job *heir = leader && leader->is_kept ? TAILQ_FIRST(&leader->followers) : NULL;

	if (heir) {
		TAILQ_REMOVE(&leader->followers, heir, link);
		heir->leader = NULL;
	}
	return heir;
}

void inflight_leave(struct inflight *inflight, struct job *job, struct job_list *followers) {
	struct leader *leader = job->leader;
	struct job *follower;

	if (leader) {
		TAILQ_REMOVE(&leader->followers, job, link);
		job->leader = NULL;
		return;
	}
	leader = find_leader(inflight, job);
	if (!leader)
		return;
	while ((follower = TAILQ_FIRST(&leader->followers))) {
		follower->leader = NULL;
		follower->alone = true;
		TAILQ_REMOVE(&leader->followers, follower, link);
		TAILQ_INSERT_TAIL(followers, follower, link);
	}
	HASH_DEL(inflight->leaders, leader);
	free(leader);
}
