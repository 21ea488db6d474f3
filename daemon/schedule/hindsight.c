/* SPDX-License-Identifier: MIT */
#include "hindsight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <dltest/cleanup.h>

#include "clock.h"
#include "envs.h"
#include "loadenv.h"
#include "recall.h"
#include "request.h"
#include "stamp.h"
#include "verdict.h"

/* How many are kept, and for how long. tsuku asks again as soon as it has no answer. */
#define ITEMS_MAX 256
#define KEPT_MS	  10000

struct item {
	TAILQ_ENTRY(item) link;
	char *question;
	const struct job *job; /* of which it was noted; NULL: it is kept */
	uint64_t until_ms;     /* once it is kept */
	struct stamp stamp;    /* of the library */
	struct recall recall;
};

struct hindsight {
	TAILQ_HEAD(, item) items; /* the oldest first */
	size_t count;
};

struct hindsight *hindsight_new(void) {
	struct hindsight *hindsight = calloc(1, sizeof(*hindsight));

	if (hindsight)
		TAILQ_INIT(&hindsight->items);
	return hindsight;
}

static void drop(struct hindsight *hindsight, struct item *item) {
	TAILQ_REMOVE(&hindsight->items, item, link);
	hindsight->count--;
	recall_fini(&item->recall);
	free(item->question);
	free(item);
}

struct hindsight *hindsight_free(struct hindsight *hindsight) {
	struct item *item;

	while (hindsight && (item = TAILQ_FIRST(&hindsight->items)))
		drop(hindsight, item);
	free(hindsight);
	return NULL;
}

/* All that makes two questions the same. NULL without memory. */
static char *name_question(const struct job *job) {
	const struct request *request = job->question.request;
	char *name = NULL;
	size_t size;
	FILE *stream = open_memstream(&name, &size);

	if (!stream)
		return NULL;
	request_put_flags(request, stream);
	fprintf(stream, ";%u;%d;", request->timeout_ms, request->details);
	strv_print(stream, &request->preload);
	strv_print(stream, &request->hosts);
	fprintf(stream, "%s;%s", env_loadenv(job->env)->key, job->question.path);
	if (fclose(stream) == 0)
		return name;
	free(name);
	return NULL;
}

void hindsight_note(
	struct hindsight *hindsight, const struct job *job, const struct verdict *verdict) {
	const struct request *request = job->question.request;

	if (verdict->reason != DLTEST_REASON_TIMED_OUT || request->within_ms == 0 ||
		request->dry_run)
		return;
	struct item *item = calloc(1, sizeof(*item));
	if (!item)
		return;
	*item = (struct item){.question = name_question(job), .job = job, .stamp = job->stamp};
	TAILQ_INSERT_TAIL(&hindsight->items, item, link);
	hindsight->count++;
	if (!item->question || recall_write(&item->recall, verdict) < 0)
		drop(hindsight, item);
	else if (hindsight->count > ITEMS_MAX)
		drop(hindsight, TAILQ_FIRST(&hindsight->items));
}

void hindsight_keep(struct hindsight *hindsight, const struct job *job) {
	struct item *item;

	TAILQ_FOREACH (item, &hindsight->items, link) {
		if (item->job != job)
			continue;
		item->job = NULL;
		item->until_ms = clock_now_ms() + KEPT_MS;
	}
}

void hindsight_forget(struct hindsight *hindsight, const struct job *job) {
	struct item *item, *next;

	for (item = TAILQ_FIRST(&hindsight->items); item; item = next) {
		next = TAILQ_NEXT(item, link);
		if (item->job == job)
			drop(hindsight, item);
	}
}

/* The one that is kept of 'question'; what is kept for too long is dropped. */
static struct item *find(struct hindsight *hindsight, const char *question) {
	uint64_t now_ms = clock_now_ms();
	struct item *item, *next, *found = NULL;

	for (item = TAILQ_FIRST(&hindsight->items); item; item = next) {
		next = TAILQ_NEXT(item, link);
		if (item->job)
			continue;
		if (item->until_ms <= now_ms)
			drop(hindsight, item);
		else if (strcmp(item->question, question) == 0)
			found = item;
	}
	return found;
}

bool hindsight_recall(struct hindsight *hindsight, struct job *job, struct verdict *ret_verdict) {
	const struct request *request = job->question.request;

	if (TAILQ_EMPTY(&hindsight->items) || request->within_ms == 0 || request->fresh ||
		request->dry_run)
		return false;
	cleanup_free char *question = name_question(job);
	struct item *item = question ? find(hindsight, question) : NULL;
	if (!item)
		return false;
	struct stamp now = stamp_take(job->question.path);
	bool found =
		stamp_equals(&now, &item->stamp) && recall_read(&item->recall, ret_verdict) == 0;
	job->stamp = item->stamp;
	drop(hindsight, item);
	return found;
}
