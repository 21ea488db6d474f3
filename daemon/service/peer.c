/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "account.h"
#include "activity.h"
#include "call.h"
#include "clock.h"
#include "log.h"
#include "method.h"
#include "varlink.h"

/* Bytes waiting to be written at which the client is taken not to read, and at which it is taken
 * to read again. */
#define OUTPUT_HIGH (256 * 1024)
#define OUTPUT_LOW  (64 * 1024)
/* How long a result may wait for others to be sent with it. */
#define LULL_US 10000

DEFINE_CLEANUP(struct varlink_message *, varlink_message_free);

struct peer {
	struct peer *next, *previous;
	const struct peer_config *config;
	struct bufferevent *stream;
	struct event *work; /* to go on, outside of whatever is going on */
	struct event *lull; /* results have waited long enough for others */
	struct event *beat; /* the client has heard nothing of its call for long enough */
	struct call *call;  /* being answered, or NULL */
	struct account account;
	size_t searched;    /* bytes of input known to hold no NUL */
	uint64_t used_ms;   /* when it came, or its last call came or was over */
	bool lull_over;	    /* true: few results are to be sent, too */
	bool oneway;	    /* true: no reply to the present call */
	bool input_ended;   /* true: the client says no more */
	bool draining;	    /* true: no further call is taken */
	bool asked_to_stop; /* true: its client has asked the daemon to end */
	bool paused;	    /* true: the client does not read, and its call waits */
	bool closed;	    /* true: it is over, and to be freed */
	bool counted;	    /* true: it is one of the activity's clients */
};

static void peer_close(struct peer *peer, const char *why) {
	if (peer->closed)
		return;
	log_debug("closing a connection: %s", why);
	peer->closed = true;
	bufferevent_disable(peer->stream, EV_READ | EV_WRITE);
	event_del(peer->work);
	event_del(peer->lull);
	event_del(peer->beat);
	peer->config->on_closed(peer->config->context, peer);
}

static void go_on(struct peer *peer) {
	if (!peer->closed)
		event_active(peer->work, 0, 0);
}

static size_t waiting_output(const struct peer *peer) {
	return evbuffer_get_length(bufferevent_get_output(peer->stream));
}

static void free_text(const void *bytes, size_t length, void *text) {
	(void)bytes, (void)length;
	free(text);
}

/* Takes 'text' over. */
static int write_reply(struct peer *peer, char *text) {
	struct evbuffer *output = bufferevent_get_output(peer->stream);

	/* With its NUL byte, which ends the message. */
	if (!peer->oneway &&
		evbuffer_add_reference(output, text, strlen(text) + 1, free_text, text) == 0)
		return 0;
	free(text);
	return peer->oneway ? 0 : -ENOMEM;
}

static void end_call(struct peer *peer) {
	struct call *call = steal_ptr(&peer->call);

	event_del(peer->beat);
	peer->paused = false;
	peer->config->activity->calls--;
	peer->used_ms = clock_now_ms();
	call_free(call);
}

/* Has the client told in a while that there is nothing to tell, unless there is. */
static void start_beat(struct peer *peer) {
	static const struct timeval quiet = {
		.tv_sec = DLTEST_BEAT_MS / 1000, .tv_usec = DLTEST_BEAT_MS % 1000 * 1000};

	event_add(peer->beat, &quiet);
}

static void start_lull(struct peer *peer) {
	static const struct timeval lull = {.tv_usec = LULL_US};

	if (!evtimer_pending(peer->lull, NULL))
		event_add(peer->lull, &lull);
}

/* Has the call wait until the client has read what there is. */
static void pause_call(struct peer *peer) {
	if (!peer->paused)
		call_pause(peer->call);
	peer->paused = true;
}

/* Whether a reply is to be taken now. */
static bool is_due(struct peer *peer) {
	switch (call_get_ready(peer->call)) {
	case CALL_NOTHING:
		return false;
	case CALL_FEW:
		if (!peer->lull_over)
			start_lull(peer);
		return peer->lull_over;
	case CALL_ENOUGH:
		return true;
	}
	return false;
}

/* Writes what replies there are, as long as the client reads them. */
static int write_replies(struct peer *peer) {
	bool final = false;

	while (peer->call && !final) {
		char *text = NULL;

		if (waiting_output(peer) >= OUTPUT_HIGH) {
			pause_call(peer);
			return 0;
		}
		if (!is_due(peer))
			return 0;
		int r = call_take_reply(peer->call, &text, &final);
		if (r < 0)
			return r;
		r = write_reply(peer, text);
		if (r < 0)
			return r;
		start_beat(peer);
	}
	if (final)
		end_call(peer);
	return 0;
}

static void peer_on_lull(evutil_socket_t fd, short what, void *argument) {
	struct peer *peer = argument;

	(void)fd, (void)what;
	peer->lull_over = true;
	go_on(peer);
}

/* Who does not read what there is hears nothing in any case. */
static void peer_on_beat(evutil_socket_t fd, short what, void *argument) {
	struct peer *peer = argument;
	char *text = NULL;

	(void)fd, (void)what;
	int r = waiting_output(peer) == 0 ? call_make_beat(peer->call, &text) : 0;
	if (r == 0 && text)
		r = write_reply(peer, text);
	if (r < 0)
		log_warn("a client hears nothing for a while: %s", strerror(-r));
	start_beat(peer);
}

static void peer_on_ready(void *context, enum call_ready ready) {
	if (ready == CALL_ENOUGH)
		go_on(context);
	else
		start_lull(context);
}

/* Takes what came of a method. */
static int take_answer(struct peer *peer, const struct method_answer *answer) {
	peer->call = answer->call;
	if (peer->call) {
		peer->config->activity->calls++;
		start_beat(peer);
	}
	if (answer->stops) {
		peer->asked_to_stop = peer->draining = true;
		peer->config->on_stop(peer->config->context);
	}
	return answer->text ? write_reply(peer, answer->text) : 0;
}

static int run_message(struct peer *peer, const char *text, size_t length) {
	CLEANUP(varlink_message_free_p) struct varlink_message *message = NULL;
	const struct method_caller caller = {
		.fd = bufferevent_getfd(peer->stream),
		.account = &peer->account,
		.on_ready = peer_on_ready,
		.context = peer,
	};
	struct method_answer answer;

	int r = varlink_message_parse(text, length, &message);
	if (r)
		return r;
	peer->oneway = varlink_message_is_oneway(message);
	peer->used_ms = clock_now_ms();
	r = method_run(peer->config->methods, message, &caller, &answer);
	return r < 0 ? r : take_answer(peer, &answer);
}

/* Takes one message from the input. Returns 1 when there was one; 0 when there is none yet, or one
 * that closed the connection; -errno. */
static int take_message(struct peer *peer) {
	struct evbuffer *input = bufferevent_get_input(peer->stream);
	struct evbuffer_ptr start, nul;

	if (evbuffer_get_length(input) == peer->searched)
		return 0;
	if (evbuffer_ptr_set(input, &start, peer->searched, EVBUFFER_PTR_SET) < 0)
		return -ENOMEM;
	nul = evbuffer_search(input, "", 1, &start);
	if (nul.pos < 0) {
		peer->searched = evbuffer_get_length(input);
		if (peer->searched > DLTEST_REQUEST_MAX)
			peer_close(peer, "a message is too long");
		return 0;
	}
	size_t length = (size_t)nul.pos;
	if (length > DLTEST_REQUEST_MAX) {
		peer_close(peer, "a message is too long");
		return 0;
	}
	const char *text = (const char *)evbuffer_pullup(input, (ev_ssize_t)length + 1);
	if (!text)
		return -ENOMEM;
	int r = run_message(peer, text, length);
	if (r == VARLINK_E_INVALID) {
		peer_close(peer, "a message is not what Varlink allows");
		return 0;
	}
	evbuffer_drain(input, length + 1);
	peer->searched = 0;
	return r < 0 ? r : 1;
}

/* One thing at a time: replies first, then the next message. */
static void peer_on_work(evutil_socket_t fd, short what, void *argument) {
	struct peer *peer = argument;

	(void)fd, (void)what;
	int r = write_replies(peer);
	/* What could not be written has still waited long enough. */
	if (!peer->paused)
		peer->lull_over = false;
	if (r == 0 && !peer->call && !peer->draining && !peer->closed &&
		waiting_output(peer) < OUTPUT_HIGH)
		r = take_message(peer);
	if (r < 0) {
		log_warn("dropping a connection: %s", strerror(-r));
		peer_close(peer, "internal failure");
	} else if (r > 0) {
		go_on(peer);
	} else if (!peer->call && (peer->draining || peer->input_ended) &&
		   waiting_output(peer) == 0) {
		peer_close(peer, peer->draining ? "drained" : "the client is done");
	}
}

static void peer_on_read(struct bufferevent *stream, void *argument) {
	struct peer *peer = argument;

	(void)stream;
	if (!peer->call)
		go_on(peer);
}

static void peer_on_written(struct bufferevent *stream, void *argument) {
	struct peer *peer = argument;

	(void)stream;
	if (peer->call && peer->paused) {
		peer->paused = false;
		call_resume(peer->call);
	}
	go_on(peer);
}

/* What has happened to the connection of 'events' of poll(2), a hang-up included. */
static short look(const struct peer *peer, short events) {
	struct pollfd poll_fd = {.fd = bufferevent_getfd(peer->stream), .events = events};

	return poll(&poll_fd, 1, 0) > 0 ? poll_fd.revents : 0;
}

/* An end of input can be the end of the client or just of what it has to say (shutdown(2)). Only
 * in the first case the kernel reports a hang-up. */
static bool has_hung_up(const struct peer *peer) {
	return look(peer, 0) & (POLLHUP | POLLERR);
}

static void peer_on_event(struct bufferevent *stream, short what, void *argument) {
	struct peer *peer = argument;

	(void)stream;
	if ((what & BEV_EVENT_EOF) && !has_hung_up(peer)) {
		peer->input_ended = true;
		go_on(peer);
	} else {
		peer_close(peer, "the client is gone");
	}
}

int peer_new(const struct peer_config *config, int fd, struct peer **ret_peer) {
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer) {
		fd_close(fd);
		return -ENOMEM;
	}
	peer->config = config;
	peer->used_ms = clock_now_ms();
	peer->stream = bufferevent_socket_new(config->base, fd, BEV_OPT_CLOSE_ON_FREE);
	peer->work = event_new(config->base, -1, 0, peer_on_work, peer);
	peer->lull = evtimer_new(config->base, peer_on_lull, peer);
	peer->beat = evtimer_new(config->base, peer_on_beat, peer);
	if (!peer->stream || !peer->work || !peer->lull || !peer->beat) {
		if (!peer->stream)
			fd_close(fd);
		peer_free(peer);
		return -ENOMEM;
	}
	bufferevent_setcb(peer->stream, peer_on_read, peer_on_written, peer_on_event, peer);
	/* One message that is too long is read far enough to be known as such, and no further. */
	bufferevent_setwatermark(peer->stream, EV_READ, 0, DLTEST_REQUEST_MAX + 1);
	bufferevent_setwatermark(peer->stream, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_set_max_single_write(peer->stream, OUTPUT_HIGH);
	/* Writing is enabled from the start. */
	if (bufferevent_enable(peer->stream, EV_READ) < 0) {
		peer_free(peer);
		return -ENOMEM;
	}
	config->activity->clients++;
	peer->counted = true;
	*ret_peer = peer;
	return 0;
}

struct peer *peer_free(struct peer *peer) {
	if (!peer)
		return NULL;
	if (peer->call)
		end_call(peer);
	if (peer->counted)
		peer->config->activity->clients--;
	if (peer->work)
		event_free(peer->work);
	if (peer->lull)
		event_free(peer->lull);
	if (peer->beat)
		event_free(peer->beat);
	if (peer->stream)
		bufferevent_free(peer->stream);
	free(peer);
	return NULL;
}

bool peer_is_busy(const struct peer *peer) {
	return !peer->closed && (peer->call || waiting_output(peer) > 0);
}

bool peer_is_idle(const struct peer *peer, uint64_t *ret_since_ms) {
	*ret_since_ms = peer->used_ms;
	return !peer->closed && !peer_is_busy(peer) && !look(peer, POLLIN);
}

void peer_dismiss(struct peer *peer) {
	peer_close(peer, "there is no room for idle ones");
}

void peer_drain(struct peer *peer) {
	peer->draining = true;
	go_on(peer);
}

bool peer_asked_to_stop(const struct peer *peer) {
	return peer->asked_to_stop;
}

struct peer *peer_next(const struct peer *peer) {
	return peer->next;
}

void peer_link(struct peer **list, struct peer *peer) {
	peer->next = *list;
	peer->previous = NULL;
	if (*list)
		(*list)->previous = peer;
	*list = peer;
}

void peer_unlink(struct peer **list, struct peer *peer) {
	if (peer->previous)
		peer->previous->next = peer->next;
	else
		*list = peer->next;
	if (peer->next)
		peer->next->previous = peer->previous;
}
