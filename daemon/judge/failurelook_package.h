/* SPDX-License-Identifier: MIT */
#pragma once

/* The step of a look that surveys the library's package for what was missing, so that the load in
 * company finds it. For failurelook.c and failurelook_company.c alone; non-logging. */

#include "failurelook_parts.h"

/* Finds out what the package is, if it is to be surveyed. Returns 0 or -ENOMEM. */
int failurelook_list_package(struct failurelook *look);

/* The step, as steps[] has it. */
bool failurelook_plan_survey(struct failurelook *look);
enum step_end failurelook_judge_survey(struct failurelook *look, const struct outcome *outcome);

/* Takes into 'basis' what the survey tells about what an answer rests on. */
void failurelook_note_survey(const struct failurelook *look, struct facts *basis);

/* Has 'verdict', of a library that loads in company, warn of each companion without which it does
 * not. Without memory for it, none is told. */
void failurelook_warn_of_companions(const struct failurelook *look, struct verdict *verdict);
