/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The reports of a load child, taken apart: its last word, and what it said besides. None of it is
 * trusted. Non-logging, pure.
 */

#include <dltest/reasons.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader_abi.h"
#include "verdict.h"

/* Refusals that the child knows of and the daemon does not, the last of which are kept. */
#define LASTREPORT_REFUSED_MAX 32

struct lastreport {
	enum loader_stage stage; /* 0: there was none */
	enum dltest_reason reason;
	const char *text;
	size_t text_size;
	struct {
		const char *bytes;
		size_t size;
	} facts[2]; /* of the reports that have any; no child sends more */
	size_t facts_count;
	uint64_t duration_ns;
	uint32_t about;	       /* which of the preloads it is about, from 1; 0: the library */
	struct hosttrace host; /* without 'called' */
	const char *called;    /* the function of the host that was called first */
	size_t called_size;
	struct {
		const char *text;
		size_t size;
	} refused[LASTREPORT_REFUSED_MAX], culprit; /* the last one at the end */
	size_t refused_count;
	uint64_t refused_ns; /* when the last of them was, by CLOCK_MONOTONIC */
	bool begun;	     /* the library has begun: no preload can be at work any more */
	bool garbage;	     /* something that is no report came */
};

/* Takes the 'size' bytes at 'reports' apart, which *last points into from then on, up to where they
 * make no sense. */
void lastreport_read(struct lastreport *last, const void *reports, size_t size);
