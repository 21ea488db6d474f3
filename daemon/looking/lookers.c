/* SPDX-License-Identifier: MIT */
#include "lookers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <dltest/cleanup.h>

#include "clock.h"
#include "looker.h"
#include "lookerproc.h"
#include "looking.h"
#include "sight.h"

/* Lookers at a time, those included that wait; and of these, at one file system, after which that
 * is taken not to answer anybody. */
#define LOOKERS_MAX 12
#define STUCK_MAX   2
/* How long an answer may take until others are no longer kept waiting behind it, and until nobody
 * waits for it; and with a looker that waits for a processor. */
#define PATIENCE_MS 300
#define ANSWER_MS   2000
#define LATEST_MS   10000
#define TICK_MS	    25
/* Questions that a looker has at a time. */
#define WINDOW	16
#define IDLE_MS 30000

struct asking;

struct question {
	TAILQ_ENTRY(question) link; /* looker.questions */
	struct asking *asking;	    /* NULL: nobody waits for the answer */
	struct sight_want *want;    /* while somebody does */
	uint32_t number;	    /* 0: not sent yet */
	char path[];
};

TAILQ_HEAD(question_list, question);

struct looker {
	LIST_ENTRY(looker) link;
	struct lookers *lookers;
	uint64_t mount;
	pid_t pid;
	int fd;
	struct event *readable;
	struct question_list questions; /* the first one is being looked at */
	size_t sent;
	uint64_t since_ms; /* when that began, or the last one was answered */
	bool stuck;	   /* true: it has waited for too long */
};

/* A sight that waits for answers. */
struct asking {
	LIST_ENTRY(asking) link;
	struct sight *sight;
	void (*on_done)(void *context);
	void *context;
	size_t open; /* questions without an answer */
	uint64_t start_ms;
	struct event *done;
};

struct lookers {
	struct event_base *base;
	LIST_HEAD(, looker) list;
	LIST_HEAD(, asking) askings;
	struct event *tick;
	uint32_t last_number;
};

/* The 'question' is over: with what 'error' and 'look' say, for whoever waits. */
static void settle(struct question *question, int error, const struct look *look) {
	struct asking *asking = question->asking;

	if (!asking)
		return;
	sight_answer(question->want, error, look);
	question->asking = NULL;
	if (--asking->open == 0)
		event_active(asking->done, 0, 0);
}

static void free_looker(struct looker *looker) {
	struct question *question;

	while ((question = TAILQ_FIRST(&looker->questions))) {
		TAILQ_REMOVE(&looker->questions, question, link);
		settle(question, -ETIMEDOUT, NULL);
		free(question);
	}
	LIST_REMOVE(looker, link);
	if (looker->readable)
		event_free(looker->readable);
	fd_close(looker->fd);
	free(looker);
}

static void send_questions(struct looker *looker) {
	static struct looking_question message;
	struct question *question;

	TAILQ_FOREACH (question, &looker->questions, link) {
		if (question->number != 0)
			continue;
		if (looker->sent >= WINDOW)
			return;
		size_t size = strlen(question->path) + 1;
		message = (struct looking_question){.number = ++looker->lookers->last_number};
		memcpy(message.path, question->path, size);
		if (send(looker->fd, &message, offsetof(struct looking_question, path) + size,
			    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		question->number = message.number;
		looker->sent++;
	}
}

static void add_question(struct looker *looker, struct question *question) {
	if (TAILQ_EMPTY(&looker->questions))
		looker->since_ms = clock_now_ms();
	question->number = 0;
	TAILQ_INSERT_TAIL(&looker->questions, question, link);
}

static void take_answer(struct looker *looker, const struct looking_answer *answer) {
	static struct look look;
	struct question *question;

	/* What nobody knows was given to another looker since. */
	TAILQ_FOREACH (question, &looker->questions, link) {
		if (question->number == answer->number)
			break;
	}
	if (!question)
		return;
	look.status = answer->status;
	memcpy(look.real, answer->text, answer->length);
	look.real[answer->length] = '\0';
	settle(question, answer->error, &look);
	TAILQ_REMOVE(&looker->questions, question, link);
	looker->sent--;
	free(question);
}

/* Takes one answer. Returns false when there is none. */
static bool read_answer(struct looker *looker) {
	static struct looking_answer answer;
	const size_t least = offsetof(struct looking_answer, text);

	ssize_t length = recv(looker->fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length < (ssize_t)least || answer.length >= sizeof(answer.text) ||
		(answer.error == 0 && (size_t)length < least + answer.length)) {
		free_looker(looker);
		return false;
	}
	looker->since_ms = clock_now_ms();
	looker->stuck = false;
	take_answer(looker, &answer);
	send_questions(looker);
	return true;
}

static void looker_on_readable(evutil_socket_t fd, short what, void *argument) {
	(void)fd, (void)what;
	for (int i = 0; i < WINDOW && read_answer(argument); i++)
		continue;
}

static struct looker *start_looker(struct lookers *lookers, uint64_t mount) {
	struct looker *looker = calloc(1, sizeof(*looker));

	if (!looker)
		return NULL;
	looker->lookers = lookers;
	looker->mount = mount;
	looker->since_ms = clock_now_ms();
	TAILQ_INIT(&looker->questions);
	LIST_INSERT_HEAD(&lookers->list, looker, link);
	looker->fd = lookerproc_start(LOOKER_OF_FILES, &looker->pid);
	if (looker->fd >= 0)
		looker->readable = event_new(lookers->base, looker->fd, EV_READ | EV_PERSIST,
			looker_on_readable, looker);
	if (!looker->readable || event_add(looker->readable, NULL) < 0) {
		free_looker(looker);
		return NULL;
	}
	return looker;
}

/* Whether 'looker' waits at 'path', or at what is on the way to it. */
static bool waits_at(const struct looker *looker, const char *path) {
	const struct question *first = TAILQ_FIRST(&looker->questions);
	size_t length = first ? strlen(first->path) : 0;

	return first && strncmp(first->path, path, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

/* The looker for 'path' on 'mount', made if need be; NULL if nobody is to look any more. */
static struct looker *find_looker(struct lookers *lookers, uint64_t mount, const char *path) {
	struct looker *looker, *found = NULL;
	size_t count = 0, stuck = 0;

	LIST_FOREACH (looker, &lookers->list, link) {
		count++;
		if (looker->mount != mount)
			continue;
		if (!looker->stuck)
			found = looker;
		else if (++stuck >= STUCK_MAX || waits_at(looker, path))
			return NULL;
	}
	if (!found && count < LOOKERS_MAX)
		found = start_looker(lookers, mount);
	return found;
}

/* Gives 'question' to a looker at 'mount', or settles it. */
static void assign(struct lookers *lookers, uint64_t mount, struct question *question) {
	struct looker *looker = find_looker(lookers, mount, question->path);

	if (looker) {
		add_question(looker, question);
		send_questions(looker);
		return;
	}
	settle(question, -ETIMEDOUT, NULL);
	free(question);
}

/* What is behind the question that 'looker' waits at need not wait. */
static void pass_on(struct lookers *lookers, struct looker *looker) {
	struct question_list others = TAILQ_HEAD_INITIALIZER(others);
	struct question *question, *next;

	looker->stuck = true;
	for (question = TAILQ_NEXT(TAILQ_FIRST(&looker->questions), link); question;
		question = next) {
		next = TAILQ_NEXT(question, link);
		TAILQ_REMOVE(&looker->questions, question, link);
		TAILQ_INSERT_TAIL(&others, question, link);
	}
	looker->sent = TAILQ_FIRST(&looker->questions)->number != 0;
	while ((question = TAILQ_FIRST(&others))) {
		TAILQ_REMOVE(&others, question, link);
		assign(lookers, looker->mount, question);
	}
}

static bool is_late(const struct looker *looker, uint64_t now_ms) {
	return !looker->stuck && !TAILQ_EMPTY(&looker->questions) &&
	       now_ms - looker->since_ms >= PATIENCE_MS && !lookerproc_is_runnable(looker->pid);
}

static bool has_question_of(const struct looker *looker, const struct asking *asking) {
	const struct question *question;

	TAILQ_FOREACH (question, &looker->questions, link) {
		if (question->asking == asking)
			return true;
	}
	return false;
}

/* Whether a looker that 'asking' waits for is only in want of a processor. */
static bool wants_processor(const struct lookers *lookers, const struct asking *asking) {
	const struct looker *looker;

	LIST_FOREACH (looker, &lookers->list, link) {
		if (has_question_of(looker, asking) && lookerproc_is_runnable(looker->pid))
			return true;
	}
	return false;
}

/* Nobody waits any longer for what 'asking' has asked; to give up is to tell whoever has asked. */
static void withdraw(struct lookers *lookers, struct asking *asking, bool give_up) {
	struct question *question;
	struct looker *looker;

	LIST_FOREACH (looker, &lookers->list, link) {
		TAILQ_FOREACH (question, &looker->questions, link) {
			if (question->asking != asking)
				continue;
			if (give_up)
				settle(question, -ETIMEDOUT, NULL);
			question->asking = NULL;
		}
	}
}

static void check_askings(struct lookers *lookers, uint64_t now_ms) {
	struct asking *asking;

	LIST_FOREACH (asking, &lookers->askings, link) {
		uint64_t waited_ms = now_ms - asking->start_ms;

		if (asking->open > 0 && waited_ms >= ANSWER_MS &&
			(waited_ms >= LATEST_MS || !wants_processor(lookers, asking)))
			withdraw(lookers, asking, true);
	}
}

static void set_tick(struct lookers *lookers) {
	static const struct timeval tick = {.tv_usec = TICK_MS * 1000};

	event_add(lookers->tick, &tick);
}

static void lookers_on_tick(evutil_socket_t fd, short what, void *argument) {
	struct lookers *lookers = argument;
	uint64_t now_ms = clock_now_ms();
	struct looker *looker;

	(void)fd, (void)what;
	/* Passing on changes the list: one at a time. */
	LIST_FOREACH (looker, &lookers->list, link) {
		if (is_late(looker, now_ms)) {
			pass_on(lookers, looker);
			break;
		}
	}
	check_askings(lookers, now_ms);
	if (!LIST_EMPTY(&lookers->askings))
		set_tick(lookers);
}

static void free_asking(struct asking *asking) {
	LIST_REMOVE(asking, link);
	event_free(asking->done);
	free(asking);
}

static void asking_on_done(evutil_socket_t fd, short what, void *argument) {
	struct asking asking = *(struct asking *)argument;

	(void)fd, (void)what;
	free_asking(argument);
	asking.on_done(asking.context);
}

struct lookers *lookers_new(struct event_base *base) {
	struct lookers *lookers = calloc(1, sizeof(*lookers));

	if (!lookers)
		return NULL;
	lookers->base = base;
	LIST_INIT(&lookers->list);
	LIST_INIT(&lookers->askings);
	lookers->tick = evtimer_new(base, lookers_on_tick, lookers);
	return lookers->tick ? lookers : lookers_free(lookers);
}

struct lookers *lookers_free(struct lookers *lookers) {
	struct asking *asking;
	struct looker *looker;

	if (!lookers)
		return NULL;
	while ((asking = LIST_FIRST(&lookers->askings))) {
		withdraw(lookers, asking, false);
		free_asking(asking);
	}
	while ((looker = LIST_FIRST(&lookers->list)))
		free_looker(looker);
	if (lookers->tick)
		event_free(lookers->tick);
	free(lookers);
	return NULL;
}

static void ask(struct lookers *lookers, struct asking *asking, struct sight_want *want) {
	size_t size = strlen(want->path) + 1;
	struct question *question = size <= PATH_MAX ? calloc(1, sizeof(*question) + size) : NULL;

	want->asked = true;
	if (!question) {
		sight_answer(want, size <= PATH_MAX ? -ENOMEM : -ENAMETOOLONG, NULL);
		return;
	}
	memcpy(question->path, want->path, size);
	question->asking = asking;
	question->want = want;
	asking->open++;
	assign(lookers, want->mount, question);
}

int lookers_ask(struct lookers *lookers, struct sight *sight, void (*on_done)(void *context),
	void *context) {
	struct asking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return -ENOMEM;
	asking->done = event_new(lookers->base, -1, 0, asking_on_done, asking);
	if (!asking->done) {
		free(asking);
		return -ENOMEM;
	}
	asking->sight = sight;
	asking->on_done = on_done;
	asking->context = context;
	asking->start_ms = clock_now_ms();
	LIST_INSERT_HEAD(&lookers->askings, asking, link);
	/* One more while they are given out, so that the last answer comes after all questions. */
	asking->open = 1;
	for (struct sight_want *want = sight_wants(sight); want; want = want->next) {
		if (!want->asked)
			ask(lookers, asking, want);
	}
	if (--asking->open == 0)
		event_active(asking->done, 0, 0);
	set_tick(lookers);
	return 0;
}

void lookers_forget(struct lookers *lookers, struct sight *sight) {
	struct asking *asking, *next;

	for (asking = LIST_FIRST(&lookers->askings); asking; asking = next) {
		next = LIST_NEXT(asking, link);
		if (asking->sight != sight)
			continue;
		withdraw(lookers, asking, false);
		free_asking(asking);
	}
}

void lookers_trim(struct lookers *lookers) {
	uint64_t now_ms = clock_now_ms();
	struct looker *looker, *next;

	for (looker = LIST_FIRST(&lookers->list); looker; looker = next) {
		next = LIST_NEXT(looker, link);
		if (TAILQ_EMPTY(&looker->questions) && now_ms - looker->since_ms >= IDLE_MS)
			free_looker(looker);
	}
}
