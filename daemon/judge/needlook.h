/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A look at the soft needs (softneeds.h) of a library that loads: a trial for each, which is a load
 * in which one of its names is opened after the library. For secondlook.c alone; non-logging.
 */

#include "secondlook.h"

struct inquiry;
struct needlook;

/* A look at the soft needs of the library of 'inquiry', which must outlive the look, as its answer
 * tells them; NULL if none is to be tried. needlook_free() frees it. Returns 0 or -ENOMEM. */
int needlook_new(struct inquiry *inquiry, struct needlook **ret_look);

/* Plans in the inquiry the trial of the soft need whose turn it is. Returns SECONDLOOK_LOAD, or
 * SECONDLOOK_DONE when none is left that can be tried. */
enum secondlook_act needlook_next(struct needlook *look);

/* Takes into the inquiry's answer what came of the trial that was planned. Returns as
 * needlook_next(). */
enum secondlook_act needlook_judge(struct needlook *look, const struct verdict *trial);

/* Frees 'look', which may be NULL. Returns NULL. */
struct needlook *needlook_free(struct needlook *look);
