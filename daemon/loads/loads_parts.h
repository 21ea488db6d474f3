/* SPDX-License-Identifier: MIT */
#pragma once

/* The struct loads with its parts; for loads.c and ends.c alone. */

#include "confinement.h"
#include "envs.h"
#include "loads.h"
#include "processors.h"
#include "reserve.h"
#include "zygote.h"

struct reader;
struct shortage;

struct loads {
	struct loads_config config;
	struct confinement confinement;
	struct zygote_config zygotes; /* of all zygotes */
	struct processors processors;
	struct reserve reserve;
	struct envs envs;
	struct event *sweep; /* calls envs_sweep() */
	struct shortage *shortage;
	struct reader *reader;		    /* of what loads were refused */
	unsigned counts[LOAD_COUNT_COUNT_]; /* loads at work, by how they count; NONE is wrong */
	unsigned busy;			    /* loads with a job, or killed and not gone */
	char complaint[160];		    /* about what could not be started last */
};
