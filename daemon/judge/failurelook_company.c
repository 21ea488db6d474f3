/* SPDX-License-Identifier: MIT */
#include "failurelook_company.h"

#include <stddef.h>

#include "beside.h"
#include "company.h"
#include "diagnosis.h"
#include "failurelook.h"
#include "failurelook_package.h"
#include "further.h"

#define UNTRIED "in the company of its own package it could not be tried"

bool failurelook_waits_for_company(const struct failurelook *look) {
	return !look->company_tried &&
	       (look->inquiry->company.count > 0 || look->inquiry->package.count > 0) &&
	       failurelook_may_be_helped(look);
}

void failurelook_lack_company(struct failurelook *look) {
	struct verdict *answer = answer_of(look);

	strv_fini(&look->inquiry->company);
	verdict_lower(answer, VERDICT_WORTH_NEVER);
	(void)verdict_add_remark(answer, UNTRIED);
}

bool failurelook_plan_company(struct failurelook *look) {
	return failurelook_waits_for_company(look) && look->inquiry->company.count > 0 &&
	       inquiry_plan_company(look->inquiry) == 0;
}

/* Tells 'trial' which directories of its package it needed, by what was 'known' without them. */
static int add_context(
	const struct failurelook *look, const struct facts *known, struct verdict *trial) {
	const struct inquiry *inquiry = look->inquiry;

	int r = company_used(
		&trial->context, &inquiry->company, &trial->facts, known, inquiry->question.path);
	return r == 0 && trial->context.count == 0
		       ? strv_add_all(&trial->context, &inquiry->company)
		       : r;
}

/* It loads in the company of its own package: that is the answer. */
static enum step_end take_company(struct failurelook *look, struct verdict *trial) {
	struct verdict *answer = answer_of(look);

	if (add_context(look, &answer->basis, trial) < 0)
		return STEP_ANSWERED;
	verdict_lower(trial, answer->worth);
	if (answer->reason == DLTEST_REASON_CRASHED)
		verdict_lower(trial, VERDICT_WORTH_IF_REPEATED);
	failurelook_warn_of_companions(look, trial);
	/* Whether it is still so depends on why it did not load alone, too. */
	failurelook_note_survey(look, &answer->basis);
	trial->basis = answer->basis;
	answer->basis = (struct facts){0};
	verdict_fini(answer);
	*answer = verdict_steal(trial);
	return STEP_ANSWERED;
}

/* What lies beside the library no host brings. */
static enum step_end take_fault(struct failurelook *look, const struct verdict *trial) {
	failurelook_note_basis(answer_of(look), trial);
	failurelook_note_survey(look, &answer_of(look)->basis);
	return STEP_ANSWERED;
}

static enum step_end judge_helpful_company(struct failurelook *look, struct verdict *trial) {
	if (beside_judge(look->inquiry, &look->survey, trial))
		return take_fault(look, trial);
	if (answer_of(look)->reason != DLTEST_REASON_CRASHED)
		return take_company(look, trial);
	if (!inquiry_has_time(look->inquiry)) {
		verdict_lower(answer_of(look), VERDICT_WORTH_NEVER);
		return take_company(look, trial);
	}
	look->helped = verdict_steal(trial);
	look->unconfirmed = true;
	return STEP_OVER;
}

/* It fails there, too, but of something else: that is what its host would see. */
static enum step_end take_failure_in_company(struct failurelook *look, struct verdict *trial) {
	struct verdict *answer = answer_of(look);

	look->in_company = true;
	look->before = verdict_steal(answer);
	*answer = verdict_steal(trial);
	/* Nobody tells what became of all that the company offered. */
	verdict_lower(answer, VERDICT_WORTH_NEVER);
	strv_fini(&look->providers);
	(void)diagnosis_explain(answer);
	return dltest_reason_class(answer->reason) == DLTEST_REASON_CLASS_LINKER ? STEP_OVER
										 : STEP_ANSWERED;
}

/* A failure of ours, or a want of time or memory, says nothing about a library that crashes. */
static void remark_on_company(struct verdict *answer, const struct verdict *trial) {
	if (trial->reason == DLTEST_REASON_NO_VERDICT)
		(void)verdict_add_remark(answer, UNTRIED);
	else if (dltest_reason_class(trial->reason) == DLTEST_REASON_CLASS_PASSING && trial->error)
		(void)verdict_add_remark(
			answer, "in the company of its own package: %s", trial->error);
}

enum step_end failurelook_judge_company(struct failurelook *look, const struct outcome *outcome) {
	struct verdict *answer = answer_of(look), *trial = outcome->trial;
	const struct inquiry *inquiry = look->inquiry;

	look->company_tried = true;
	if (loads(trial))
		return judge_helpful_company(look, trial);
	if (further_tells_more(answer, look->alone, trial))
		return take_failure_in_company(look, trial);
	remark_on_company(answer, trial);
	failurelook_note_basis(answer, trial);
	if (answer->worth != VERDICT_WORTH_NEVER &&
		company_basis(&answer->basis, &inquiry->company, &answer->missing,
			inquiry->question.path) < 0)
		facts_fini(&answer->basis);
	failurelook_note_survey(look, &answer->basis);
	return STEP_OVER;
}

bool failurelook_is_at_fault(struct failurelook *look, const struct verdict *trial) {
	struct verdict *answer = answer_of(look), in_company;

	if (!look->in_company)
		return false;
	/* It is about what was missing alone. */
	in_company = verdict_steal(answer);
	*answer = verdict_steal(&look->before);
	if (beside_judge(look->inquiry, &look->survey, trial)) {
		verdict_fini(&in_company);
		return true;
	}
	look->before = verdict_steal(answer);
	*answer = in_company;
	return false;
}

int failurelook_add_context(const struct failurelook *look, struct verdict *trial) {
	return look->in_company ? add_context(look, &look->before.basis, trial) : 0;
}

bool failurelook_plan_trace_in_company(struct failurelook *look) {
	return look->in_company && inquiry_plan_company(look->inquiry) == 0;
}

enum step_end failurelook_judge_without_company(
	struct failurelook *look, const struct outcome *outcome) {
	return failurelook_is_confirmed(look, outcome->trial) ? take_company(look, &look->helped)
							      : STEP_ANSWERED;
}
