/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the load of one library went: a pure function of what its child reported, how the child
 * ended, and whether its time had passed. A child that reported success and then crashed, crashed.
 * Non-logging.
 */

#include <dltest/reasons.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts.h"
#include "needs.h"
#include "strv.h"

/* A verdict with all its members zero says that the library loaded, and holds nothing. */
struct verdict {
	enum dltest_reason reason; /* DLTEST_REASON_NONE: it loaded and unloaded */
	char *error;		   /* valid UTF-8, one line; NULL when it loaded */
	struct strv missing;
	struct strv symbols;
	int signal;  /* of a crash; 0 for none */
	bool exited; /* the process ended itself, with 'exit_status' */
	int exit_status;
	const char *phase; /* "open" or "close" when the process failed; else NULL */
	uint64_t duration_us;
	struct strv context;	/* directories that had to be searched for it to load */
	struct strv loads_with; /* libraries that, loaded first, make it load */
	struct strv warnings;	/* trouble that did not show */
	struct needs needs;	/* all that is missing, and who needs it */
	struct facts facts;	/* what the child told besides */
	struct facts basis;	/* objects and directories of earlier looks, for memory */
	bool of_form;		/* about paths and the form of files alone; nothing was loaded */
	bool cached;		/* answered from memory */
	bool forgettable;	/* rests on what nobody knows, and is not to be remembered */
	bool uncertain;		/* may be another one next time, with nothing changed */
	struct strv denied;
	char *output; /* valid UTF-8; NULL when nothing was printed */
};

/* What is known of a load child after its end. */
struct verdict_evidence {
	const char *path;	 /* the library; NULL: not known */
	const struct strv *with; /* what its caller had loaded first, or NULL */
	size_t with_after;	 /* so many further paths of the job came before those */
	const void *reports;	 /* the bytes it wrote to its channel */
	size_t reports_size;
	const void *output; /* the bytes it printed */
	size_t output_size;
	int wait_status;     /* as of waitpid(2) */
	uint64_t elapsed_us; /* from the job to the end; used when no report tells it */
	bool deadline_passed;
	bool flooded;	     /* killed for what it kept trying */
	bool untaken;	     /* it ended before it had read its job */
	struct strv *denied; /* moved into the verdict; NULL: nothing is known */
	uint32_t timeout_ms;
};

/*
 * Judges 'evidence', none of which is trusted. verdict_fini() frees what the verdict holds.
 * Returns 0 or -ENOMEM.
 */
int verdict_judge(const struct verdict_evidence *evidence, struct verdict *ret_verdict);

/* A verdict of 'reason' with a copy of 'error'. Returns 0 or -ENOMEM. */
int verdict_make(enum dltest_reason reason, const char *error, struct verdict *ret_verdict);

/* Appends what 'format' makes, in brackets, to the error, which there is. Returns 0, or -ENOMEM and
 * leaves it as it was. */
int verdict_add_remark(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Frees what 'verdict' holds, and leaves it zeroed. */
void verdict_fini(struct verdict *verdict);

/* Hands over what 'verdict' holds, and leaves it zeroed. */
struct verdict verdict_steal(struct verdict *verdict);

/* The name of a signal, such as "SIGSEGV"; "SIG<number>" in 'buffer' for one without. */
const char *verdict_signal_name(int signal, char *buffer, size_t size);
