/* SPDX-License-Identifier: MIT */
#pragma once

/* The place of the user's daemon: where its socket is, and whether a look at that is certain to
 * end. */

#include <stdbool.h>

#include <dltest/sockpath.h>

struct reach;

struct place {
	struct dltest_sockpath sockpath;
	int error; /* 0; -ENOENT: there is no place for a socket; -ETIMEDOUT: it does not answer */
	bool is_certain; /* true: nobody waits there for ever */
};

/* Works out the place for 'home' (NULL: there is none) as dltest_sockpath_init() does. place_fini()
 * frees what is in *ret_place. A home that does not answer is given up (reach_give_up()). */
void place_find(struct reach *reach, const char *home, struct place *ret_place);

/* Frees what 'place' has. */
void place_fini(struct place *place);
