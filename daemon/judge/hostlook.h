/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A look at a library that lacks symbols, as a plugin of a program: who that may be, loads with
 * each stood in for, and with plugins beside it that have what the program lacks. For secondlook.c
 * alone; non-logging.
 */

#include <stdbool.h>

#include "secondlook.h"

struct failurelook;
struct hostlook;
struct inquiry;

/* True if the library of 'inquiry', which failed as its answer says, may be a plugin. */
bool hostlook_applies(const struct inquiry *inquiry);

/* A look at the library of 'inquiry', of which 'failure' has found out why it does not load; both
 * must outlive the look. hostlook_free() frees it. Returns 0 or -ENOMEM. */
int hostlook_new(struct inquiry *inquiry, struct failurelook *failure, struct hostlook **ret_look);

/* Plans what comes next. Returns SECONDLOOK_LOAD or SECONDLOOK_TRACE as the inquiry's plan says,
 * SECONDLOOK_FIND with the query of hostlook_query(), or SECONDLOOK_DONE: then the inquiry's answer
 * says of the host what there is to say. */
enum secondlook_act hostlook_next(struct hostlook *look);

/* The query to be answered; valid until hostlook_found(). */
const struct hostquery *hostlook_query(const struct hostlook *look);

/* Take what came of that; 'trial' and 'finding' may be empty then, 'text' is NULL if nothing did.
 * Return as hostlook_next(). */
enum secondlook_act hostlook_judge(struct hostlook *look, struct verdict *trial);
enum secondlook_act hostlook_traced(struct hostlook *look, const struct tracetext *text);
enum secondlook_act hostlook_found(struct hostlook *look, struct hostfinding *finding);

/* Has the load that the inquiry plans, of a library that loads with a host, have that, too. */
void hostlook_plan_again(struct hostlook *look);

/* Frees 'look', which may be NULL. Returns NULL. */
struct hostlook *hostlook_free(struct hostlook *look);
