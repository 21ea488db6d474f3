/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ends of attempts, made of what zygotes and load children tell. For loads.c alone. Runs in the
 * daemon's loop; logs.
 */

#include "load.h"

struct load_end;
struct loads;

/* Sets up the configuration of the zygotes of 'loads' so that they tell this module. */
void ends_set_up(struct loads *loads);

/* The end of an attempt for which no process could be had because of 'error', an errno. Its
 * complaint is valid until the next such end. Notes the shortage if 'error' is one. */
struct load_end ends_without_process(struct loads *loads, int error);

/* Has 'load' count as 'count' from now on. */
void ends_count(struct loads *loads, struct load *load, enum load_count count);
