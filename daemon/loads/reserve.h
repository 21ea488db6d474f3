/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Descriptors kept back for what has to go on when all others are taken: to find out whose a
 * process is and to end it, and to look at the system's directories. Non-logging.
 */

#define RESERVE_SIZE 6

struct reserve {
	int fds[RESERVE_SIZE]; /* -1: not to be had */
};

/* Takes as many as there are, RESERVE_SIZE at most. reserve_fini() gives them back. */
void reserve_init(struct reserve *reserve);

/* Gives them back for what the caller opens and closes again before reserve_refill(). 'reserve' may
 * be NULL. */
void reserve_lend(struct reserve *reserve);

/* Gives one of them back, which is cheaper, for a caller that opens one thing at a time. */
void reserve_lend_one(struct reserve *reserve);

/* Takes what is missing. 'reserve' may be NULL. */
void reserve_refill(struct reserve *reserve);

void reserve_fini(struct reserve *reserve);
