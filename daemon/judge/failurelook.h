/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A look at a library that did not load: a trace that tells all that is missing, a look at the
 * versions that a library has instead of the wanted, a load in the company of its own package, one
 * with the C library's relatives as preloads. For secondlook.c alone; non-logging.
 */

#include <stdbool.h>

#include "secondlook.h"

struct failurelook;
struct inquiry;

/* True if further loads may tell more than 'verdict' does, be it only where was searched. */
bool failurelook_applies(const struct verdict *verdict);

/* A look at why the library of 'inquiry', which must outlive the look, failed as its answer says.
 * failurelook_free() frees it. Returns 0 or -ENOMEM. */
int failurelook_new(struct inquiry *inquiry, struct failurelook **ret_look);

/* Plans the next load or trace in the inquiry. Returns which of the two it is, SECONDLOOK_DONE if
 * there is none, or SECONDLOOK_LOOK if the inquiry's sight waits for something first: then it is to
 * be called again. */
enum secondlook_act failurelook_next(struct failurelook *look);

/* Takes into the inquiry's answer what came of the load that was planned; what 'trial' holds may be
 * gone then. Returns as failurelook_next(). */
enum secondlook_act failurelook_judge(struct failurelook *look, struct verdict *trial);

/* Takes into the inquiry's answer what came of the trace that was planned; 'text' is NULL if
 * nothing did. Returns as failurelook_next(). */
enum secondlook_act failurelook_traced(struct failurelook *look, const struct tracetext *text);

/* Judges 'trial', a load in which the library loaded with its host, and in company where that is
 * what the answer is about. True if what it lacked alone is no host's to bring: then the inquiry's
 * answer says so. */
bool failurelook_is_at_fault(struct failurelook *look, const struct verdict *trial);

/* Adds to the context of 'trial' the directories of the package that it needed, if the inquiry's
 * answer is of a load in company. Returns 0 or -ENOMEM. */
int failurelook_add_context(const struct failurelook *look, struct verdict *trial);

/* True if the inquiry's answer is of a load in the company of the library's package. */
bool failurelook_is_in_company(const struct failurelook *look);

/* Frees 'look', which may be NULL. Returns NULL. */
struct failurelook *failurelook_free(struct failurelook *look);
