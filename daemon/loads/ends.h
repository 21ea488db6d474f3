/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What zygotes and load children tell, made into ends of attempts. For loads.c alone. Runs in the
 * daemon's loop; logs.
 */

struct load;
struct load_end;
struct loads;

/* Has all zygotes of 'loads' tell this module. */
void ends_set_up(struct loads *loads);

/* The end of an attempt for which 'error', an errno, left no process; its complaint is valid until
 * the next one. Notes a shortage if that is what it is. */
struct load_end ends_without_process(struct loads *loads, int error);

/* Has 'load' count no more against those at a time. */
void ends_give_place_back(struct loads *loads, const struct load *load);
