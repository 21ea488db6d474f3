/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The judge of a load: makes the verdict, as a pure function of what the child reported, how it
 * ended, and whether the daemon had killed it. A child that reported success and then crashed,
 * crashed. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strv;
struct verdict;

/* Whose doing a child's end was, as far as the daemon had a hand in it. A child that ended before
 * the kill reached it is judged by its own end. */
enum judgement_cause {
	JUDGEMENT_CAUSE_ITSELF,	  /* the child's, its library's or the system's */
	JUDGEMENT_CAUSE_UNHEARD,  /* ours: nothing was heard of it, or not of its end */
	JUDGEMENT_CAUSE_DEADLINE, /* the daemon's: the time had passed */
	JUDGEMENT_CAUSE_MEMORY,	  /* the daemon's: it had more than a load may have */
	JUDGEMENT_CAUSE_THREADS,  /* the daemon's: it had more of them than a load may have */
	JUDGEMENT_CAUSE_FLOOD,	  /* the daemon's: it kept trying what it may not, or signalling */
};

/* What is known of a load child after its end. */
struct judgement_evidence {
	const char *path;	    /* the library; NULL: not known */
	const struct strv *preload; /* the preloads of its request, or NULL */
	size_t preload_offset;	    /* so many other preloads of the job came before those */
	const void *reports;	    /* the bytes that the child wrote to its channel */
	size_t reports_size;
	const void *output; /* the bytes that the child printed */
	size_t output_size;
	int wait_status; /* as of waitpid(2) */
	enum judgement_cause cause;
	bool waits;	      /* true: at the deadline, none of its threads wanted a processor */
	bool died_before_job; /* true: the child had not read its job, so no library's code ran */
	uint64_t elapsed_us;  /* from the job to the end; used when no report has a time */
	uint32_t timeout_ms;
	struct strv *denied;	    /* refused system calls, which move into the verdict; or NULL */
	const struct strv *refused; /* the last of them, in their order; or NULL */
	uint64_t refused_us;	    /* when the last of them was, by CLOCK_MONOTONIC */
};

/*
 * Judges 'evidence', none of which is trusted. The caller frees what the verdict holds by
 * verdict_fini(). Returns 0, or -ENOMEM and leaves *ret_verdict as it was.
 */
int judgement_make(const struct judgement_evidence *evidence, struct verdict *ret_verdict);
