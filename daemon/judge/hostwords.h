/* SPDX-License-Identifier: MIT */
#pragma once

/* What trials with a host make of an answer, and the words for it. For hostlook.c alone;
 * non-logging. */

#include <stdbool.h>
#include <stdint.h>

#include "strv.h"

struct hostcandidate;
struct hostfinding;
struct verdict;

/* True if 'trial', of a load with a host, is as good as one that loads: it did, or it ended after
 * it had called what the host was to have, and so on account of the stand-in as much as of the
 * library. */
bool hostwords_are_good(const struct verdict *trial);

/* Takes 'trial', which is good, for 'answer': it loads with 'host', after what that loads first and
 * the plugins 'after'. Returns 0, or -ENOMEM and leaves both as they are. */
int hostwords_take(struct verdict *answer, const struct hostcandidate *host,
	const struct strv *after, struct verdict *trial);

/* Why nothing can be said of the library by 'trial', which was with 'host' and failed, for the
 * host's own sake; the caller frees it. NULL if something can. */
char *hostwords_trouble(const struct hostcandidate *host, const struct verdict *trial);

/* All trials, none of which was good. */
struct hostwords {
	struct verdict *answer;		       /* of the load without a host */
	struct verdict *best;		       /* of the trial that came furthest */
	const struct hostcandidate *best_host; /* with which that was; NULL: there was none */
	const struct hostfinding *finding;
	const char *plugin;	  /* path of the library */
	const struct strv *lacks; /* what was left in 'best' */
	const struct strv *names; /* what is lacking without a host */
	bool is_incomplete;	  /* it could not be found out who may be its host */
	uint32_t timeout_ms;	  /* of all loads together */
	const char *trouble;	  /* why a host was of no use; NULL: none was so */
};

/* Has the answer say what is lacking with its host, or that this is not here, if it is known which
 * one that is; without memory it stays as it is. 'best' may be taken over. */
void hostwords_conclude(const struct hostwords *words);
