/* SPDX-License-Identifier: MIT */
#include "inflight.h"

#include <stdlib.h>
#include <string.h>

#include "hashtable.h"
#include "request.h"

/* A job at work; of those on one path only the first is known, others neither lead nor follow. */
struct leader {
	UT_hash_handle hh; /* inflight.leaders, by the path of 'job' */
	struct job *job;
	struct job_list followers;
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

static bool same_settings(const struct job *one, const struct job *other) {
	const struct request *a = one->question.request, *b = other->question.request;

	return one->env == other->env && a->timeout_ms == b->timeout_ms &&
	       a->details == b->details && request_asks_same(a, b);
}

bool inflight_join(struct inflight *inflight, struct job *job) {
	struct leader *leader;

	/* Whoever wants a fresh answer wants one of a load that has not begun yet. */
	if (job->question.request->dry_run)
		return false;
	HASH_FIND_STR(inflight->leaders, job->question.path, leader);
	if (leader) {
		if (leader->job == job || job->alone || job->question.request->fresh ||
			!same_settings(leader->job, job))
			return false;
		TAILQ_INSERT_TAIL(&leader->followers, job, link);
		job->leader = leader;
		return true;
	}
	leader = calloc(1, sizeof(*leader));
	if (!leader)
		return false;
	leader->job = job;
	TAILQ_INIT(&leader->followers);
	HASH_ADD_KEYPTR(
		hh, inflight->leaders, job->question.path, strlen(job->question.path), leader);
	if (!hashtable_has(&leader->hh))
		free(leader);
	return false;
}

void inflight_leave(struct inflight *inflight, struct job *job, struct job_list *followers) {
	struct leader *leader = job->leader;
	struct job *follower;

	if (leader) {
		TAILQ_REMOVE(&leader->followers, job, link);
		job->leader = NULL;
		return;
	}
	HASH_FIND_STR(inflight->leaders, job->question.path, leader);
	if (!leader || leader->job != job)
		return;
	TAILQ_FOREACH (follower, &leader->followers, link) {
		follower->leader = NULL;
		follower->alone = true;
	}
	while ((follower = TAILQ_FIRST(&leader->followers))) {
		TAILQ_REMOVE(&leader->followers, follower, link);
		TAILQ_INSERT_TAIL(followers, follower, link);
	}
	HASH_DEL(inflight->leaders, leader);
	free(leader);
}
