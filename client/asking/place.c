/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>

#include "errand.h"
#include "reach.h"

DEFINE_CLEANUP(struct errand *, errand_free);

/* Without a home in it, the socket's place is one that nobody looks at. */
static bool is_given(void) {
	const char *variable = getenv("TSUKU_DLTEST_SOCKET");

	return variable && variable[0];
}

/* The parts of a place, one behind the other, each with its NUL. */
static void find(int socket, const void *home) {
	struct dltest_sockpath sockpath;
	char text[ERRAND_MESSAGE_MAX];

	if (dltest_sockpath_init(&sockpath, home, NULL) < 0)
		return;
	int length = snprintf(text, sizeof(text), "%s%c%s%c%s", sockpath.dir, '\0', sockpath.name,
		'\0', sockpath.path);
	if (length > 0 && (size_t)length < sizeof(text))
		errand_say(socket, text, (size_t)length + 1, -1);
}

static int take(struct dltest_sockpath *sockpath, const char *text) {
	const char *name = text + strlen(text) + 1;

	sockpath->dir = strdup(text);
	sockpath->name = strdup(name);
	sockpath->path = strdup(name + strlen(name) + 1);
	return sockpath->dir && sockpath->name && sockpath->path ? 0 : -ENOMEM;
}

/* Has somebody else find it. */
static int send_to_find(struct reach *reach, const char *home, struct dltest_sockpath *sockpath) {
	CLEANUP(errand_free_p) struct errand *errand = NULL;
	char text[ERRAND_MESSAGE_MAX];

	int r = errand_start(find, home, &errand);
	if (r < 0)
		return r;
	ssize_t length = errand_receive(errand, reach_patience_ms(reach), text, sizeof(text), NULL);
	if (length == -ETIMEDOUT)
		reach_give_up(reach, home);
	if (length <= 0)
		return length < 0 ? (int)length : -ENOENT;
	return take(sockpath, text);
}

void place_find(struct reach *reach, const char *home, struct place *ret_place) {
	struct place place = {0};
	int r;

	if (!home || is_given() || reach_is_certain(reach, home))
		r = dltest_sockpath_init(&place.sockpath, home, NULL);
	else
		r = send_to_find(reach, home, &place.sockpath);
	if (r < 0)
		dltest_sockpath_fini(&place.sockpath);
	place.error = r == 0 || r == -ETIMEDOUT ? r : -ENOENT;
	place.is_certain = r == 0 && reach_is_certain(reach, place.sockpath.path);
	*ret_place = place;
}

void place_fini(struct place *place) {
	dltest_sockpath_fini(&place->sockpath);
	*place = (struct place){0};
}
