/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is done when a library did not load: a trace that tells all that is missing, a look at the
 * versions that a library has instead of the wanted, a load in the company of its own package, one
 * with the C library's relatives as preloads. For secondlook.c alone; non-logging.
 */

#include <stdbool.h>

#include "secondlook.h"

struct failurelook;
struct inquiry;

/* Whether further loads may tell more than 'verdict' does, be it only where was searched. */
bool failurelook_applies(const struct verdict *verdict);

/* A look at why the library of 'inquiry', which must outlive the look, failed as its answer says.
 * failurelook_free() frees it. Returns 0 or -ENOMEM. */
int failurelook_new(struct inquiry *inquiry, struct failurelook **ret_look);

/* Plans in the inquiry what comes next. Returns what that is, or SECONDLOOK_DONE for nothing. */
enum secondlook_act failurelook_next(struct failurelook *look);

/* Takes into the inquiry's answer what came of the load that was planned; what 'trial' holds may be
 * gone then. Returns as failurelook_next(). */
enum secondlook_act failurelook_judge(struct failurelook *look, struct verdict *trial);

/* The same for a trace; 'text' is NULL when nothing came of it. */
enum secondlook_act failurelook_traced(struct failurelook *look, const struct tracetext *text);

/* Frees 'look', which may be NULL. Returns NULL. */
struct failurelook *failurelook_free(struct failurelook *look);
