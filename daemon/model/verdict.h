/* SPDX-License-Identifier: MIT */
#pragma once

/* A verdict: how the load of one library went. Pure data, which judgement.h makes; non-logging. */

#include <dltest/reasons.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts.h"
#include "needs.h"
#include "strv.h"

struct culprit;
struct host;

/* How much a verdict is worth remembering: whether it comes out the same again for as long as
 * nothing changes that it rests on. */
enum verdict_worth {
	VERDICT_WORTH_ALWAYS,
	VERDICT_WORTH_IF_REPEATED, /* only once a second load has given the same verdict */
	VERDICT_WORTH_NEVER,	   /* the next may be another, or what it rests on is not known */
};

/* How a load with a host went, as far as that is no part of its verdict. */
struct hosttrace {
	size_t symbols;	   /* that were stood in for */
	size_t data;	   /* those of them that are no functions, and zeros */
	bool in_libraries; /* it ended while the libraries of the host were being loaded */
	char *called;	   /* the function of the host that was called first; NULL: none was */
};

/* A verdict with all its members zero says that the library loaded, and holds nothing. */
struct verdict {
	enum dltest_reason reason; /* DLTEST_REASON_NONE: it loaded and unloaded */
	char *error;		   /* valid UTF-8, one line; NULL when it loaded */
	struct strv missing;	   /* names of libraries */
	struct strv symbols;	   /* names of symbols and versions, as needs_symbol() has them */
	int signal;		   /* of a crash; 0: none */
	bool exited;		   /* true: the process ended itself, with 'exit_status' */
	int exit_status;
	char *platform;	   /* the system or machine that its file is for instead; else NULL */
	const char *phase; /* "open" or "close" when the process failed; else NULL */
	uint64_t duration_us;
	struct strv context;	/* directories that had to be searched for it to load */
	struct strv loads_with; /* libraries that make it load when they are preloaded */
	struct strv warnings;	/* trouble that did not show */
	struct host *host;	/* of a plugin that was tried with one, or needs one; else NULL */
	struct hosttrace hosttrace; /* of a load with a host */
	struct needs needs;	    /* all that is missing, and who needs it */
	struct facts facts;	    /* what the child told besides */
	struct facts basis;	    /* objects and directories of earlier looks, for memory */
	enum verdict_worth worth;   /* only ever lowered, by verdict_lower() */
	bool nothing_was_loaded;    /* true: only paths and the form of files were judged */
	bool cached;		    /* true: the verdict comes from memory */
	struct strv denied;	    /* system calls that were refused, in words */
	struct strv refused;	    /* of a process that ended, the last acts that were refused */
	struct culprit *culprit;    /* whose code it was that ended, or did not; NULL: not known */
	char *output;		    /* valid UTF-8; NULL when nothing was printed */
};

/* A verdict of 'reason' with a copy of 'error'. Returns 0 or -ENOMEM. */
int verdict_make(enum dltest_reason reason, const char *error, struct verdict *ret_verdict);

/* Appends what 'format' makes to the error of 'verdict', which must have one. Returns 0, or -ENOMEM
 * and leaves the error as it was. */
int verdict_append(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends what 'format' makes, in brackets, to the error of 'verdict', which must have one. Returns
 * 0, or -ENOMEM and leaves the error as it was. */
int verdict_add_remark(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds the warning that 'path' was left out, since the file system there does not answer; without
 * memory it is not told. */
void verdict_warn_of_silence(struct verdict *verdict, const char *path);

/* Frees what 'verdict' holds, and leaves it zeroed. */
void verdict_fini(struct verdict *verdict);

/* The verdict with all that 'verdict' held, which is left zeroed. */
struct verdict verdict_steal(struct verdict *verdict);

/* Lowers the worth of 'verdict' to 'worth' if it is more. */
void verdict_lower(struct verdict *verdict, enum verdict_worth worth);

/* Takes the second half out of each of the lists of what is missing, but for the first name, so
 * that the verdict becomes smaller. Returns how many names went. */
size_t verdict_halve(struct verdict *verdict);

/* The name of a signal, such as "SIGSEGV": a constant, or "SIG<number>" in the 'size' bytes at
 * 'buffer' for a signal without a name. */
const char *verdict_signal_name(int signal, char *buffer, size_t size);
