/* SPDX-License-Identifier: MIT */
#pragma once

/* The steps of a look in the company of the library's own package. For failurelook.c alone;
 * non-logging. */

#include "failurelook_parts.h"

/* True if a load in company is to come that may be the answer. */
bool failurelook_waits_for_company(const struct failurelook *look);

/* Has the answer say that which directories its package has could not be found out. */
void failurelook_lack_company(struct failurelook *look);

/* The steps, as steps[] has them: with the directories of the library's own package. */
bool failurelook_plan_company(struct failurelook *look);
enum step_end failurelook_judge_company(struct failurelook *look, const struct outcome *outcome);

/* What is missing in company, as it was found out alone. */
bool failurelook_plan_trace_in_company(struct failurelook *look);

/* Alone once more, after it had crashed alone and loaded in company. */
enum step_end failurelook_judge_without_company(
	struct failurelook *look, const struct outcome *outcome);
