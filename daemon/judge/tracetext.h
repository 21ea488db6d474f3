/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The text of a trace: what the dynamic linker prints in its trace mode (ld.so(8):
 * LD_TRACE_LOADED_OBJECTS, LD_WARN, LD_BIND_NOW, LD_DEBUG=libs,files; musl: ldd): all that is
 * missing, who needs it, what was found and where was searched. Read as it comes. The text tells of
 * hostile files and is trusted in nothing but being about them. Non-logging.
 */

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "needs.h"
#include "strv.h"

/* How much of one trace is kept: names of each kind, and bytes of all that are missing together.
 * 16,384 are more than any library was seen to lack. A result has each name twice, and has to fit
 * into a reply. */
#define TRACETEXT_NEEDS_MAX 16384
#define TRACETEXT_SIZE_MAX  (2 * 1024 * 1024)
/* Directories that were searched. */
#define TRACETEXT_DIRECTORIES_MAX 4096
/* Objects, and bytes of objects and directories: 300 objects have 30 KiB. They are compared with
 * others, and looked for in other directories, while the daemon does nothing else. */
#define TRACETEXT_OBJECTS_MAX 4096
#define TRACETEXT_FACTS_MAX   (256 * 1024)

struct tracetext {
	struct needs libraries; /* each that is missing, with each object that needs it */
	struct needs symbols;
	struct needs versions;
	struct facts facts;   /* objects found and directories searched */
	size_t objects_count; /* in 'facts' */
	bool failed;	      /* true: the trace stopped at something else than a missing library */
	bool tamed;	      /* true: control characters were replaced */
	int error; /* -E2BIG when there was too much, and not all is here; else why nothing is */
	struct needs wants;	  /* who needs what, found or not */
	struct needs directories; /* names of the directories in 'facts' */
	char *line;		  /* the line that is being read */
	size_t line_size, line_capacity;
};

/* Reads the next 'size' bytes at 'bytes'. An error shows in text->error. */
void tracetext_add(struct tracetext *text, const char *bytes, size_t size);

/* Ends the text: reads the line that is left, and finds out who needs what is missing. */
void tracetext_end(struct tracetext *text);

/* Frees what 'text' holds, and leaves it empty. */
void tracetext_fini(struct tracetext *text);

/* Replaces control characters but tabs by '?', as is done to each line: each would be six bytes of
 * a reply. Returns true if there were any. */
bool tracetext_tame(char *text);

/* The first 'length' bytes of 'text', or those up to a NUL, made fit for a line that is shown:
 * valid UTF-8, and tamed. The caller frees it. NULL if out of memory. */
char *tracetext_fit(const char *text, size_t length);
