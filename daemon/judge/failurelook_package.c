/* SPDX-License-Identifier: MIT */
#include "failurelook_package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dltest/cleanup.h>
#include <dltest/protocol.h>

#include "company.h"
#include "loader_abi.h"
#include "nearby.h"
#include "package.h"
#include "sight.h"
#include "tracetext.h"

/* Names that are looked for, and companions that are loaded: with the directories, no more than a
 * job has room for. */
#define NAMES_MAX      48
#define COMPANIONS_MAX 32
/* What a survey can find; more is not its word. */
#define FOUND_MAX 256
/* Bytes of what a verdict rests on because of the survey. */
#define BASIS_MAX (256 * 1024)

/* What is missing nobody else has: a symbol or a version may be anywhere. */
static bool is_to_be_surveyed(const struct failurelook *look) {
	return failurelook_may_be_helped(look) && !look->company_tried &&
	       answer_of(look)->reason == DLTEST_REASON_MISSING_DEPENDENCY;
}

int failurelook_list_package(struct failurelook *look) {
	struct inquiry *inquiry = look->inquiry;

	strv_fini(&inquiry->package);
	return is_to_be_surveyed(look) ? package_list(&inquiry->package, inquiry->env,
						 inquiry->question.path, inquiry->sight)
				       : 0;
}

bool failurelook_plan_survey(struct failurelook *look) {
	const struct strv *missing = &answer_of(look)->missing;
	struct inquiry *inquiry = look->inquiry;
	int r = 0;

	if (!is_to_be_surveyed(look) || inquiry->package.count == 0 || missing->count == 0)
		return false;
	for (size_t i = 0; i < inquiry->company.count && r == 0; i++)
		r = inquiry_plan_text(inquiry, LOADER_SURVEY_DIRECTORY, inquiry->company.items[i]);
	for (size_t i = 0; i < inquiry->package.count && r == 0; i++)
		r = inquiry_plan_text(inquiry, LOADER_SURVEY_TREE, inquiry->package.items[i]);
	for (size_t i = 0; i < missing->count && i < NAMES_MAX && r == 0; i++)
		r = inquiry_plan_text(inquiry, LOADER_SURVEY_NAME, missing->items[i]);
	inquiry->plan.flags = LOADER_JOB_SURVEY;
	return r == 0;
}

/* Takes "NAME/DIRECTORY/FILE": the directory is searched, and what has another name there is to be
 * loaded before. */
static int take_found(struct inquiry *inquiry, const char *found) {
	const char *path = strchr(found, '/');
	const char *slash = path ? strrchr(path, '/') : NULL;
	size_t before = inquiry->company.count;

	if (!path || slash == path || strlen(path) >= DLTEST_PATH_MAX)
		return 0;
	cleanup_free char *directory = strndup(path, (size_t)(slash - path));
	int r = directory ? company_add(&inquiry->company, inquiry->env, directory, inquiry->sight)
			  : -ENOMEM;
	/* It is searched, or does not count. */
	bool is_company = inquiry->company.count > before;
	for (size_t i = 0; i < before && r == 0 && !is_company; i++)
		is_company = strcmp(inquiry->company.items[i], directory) == 0;
	if (r < 0 || !is_company)
		return r;
	r = strv_add(&inquiry->found, found);
	if (r == 0 && inquiry_misnamed(found) && inquiry->companions.count < COMPANIONS_MAX)
		r = strv_add_once(&inquiry->companions, path);
	return r;
}

enum step_end failurelook_judge_survey(struct failurelook *look, const struct outcome *outcome) {
	struct inquiry *inquiry = look->inquiry;
	struct verdict *answer = answer_of(look);
	const char *found = NULL;
	int r = 0;

	if (!loads(outcome->trial)) {
		verdict_lower(answer, VERDICT_WORTH_NEVER);
		(void)verdict_add_remark(answer, "its package could not be looked through");
		return STEP_OVER;
	}
	look->survey = outcome->trial->facts;
	outcome->trial->facts = (struct facts){0};
	while (r == 0 && inquiry->found.count < FOUND_MAX &&
		(found = facts_next(&look->survey, DLTEST_FACT_FOUND, found)))
		r = take_found(inquiry, found);
	for (size_t i = 0; i < outcome->trial->warnings.count && r == 0; i++)
		r = strv_add(&answer->warnings, outcome->trial->warnings.items[i]);
	if (r < 0)
		verdict_lower(answer, VERDICT_WORTH_NEVER);
	if (inquiry->found.count == 0)
		nearby_tell_like(answer, &look->survey);
	look->company_offers |= inquiry->found.count > 0;
	/* Without company there is no further load to tell of. */
	if (inquiry->company.count == 0)
		failurelook_note_survey(look, &answer->basis);
	return STEP_OVER;
}

void failurelook_note_survey(const struct failurelook *look, struct facts *basis) {
	const struct facts none = {0};

	if (facts_append_new(basis, &none, &look->survey, BASIS_MAX) < 0)
		facts_fini(basis);
}

void failurelook_warn_of_companions(const struct failurelook *look, struct verdict *verdict) {
	const struct strv *found = &look->inquiry->found;

	for (size_t i = 0; i < found->count && verdict->warnings.count < LOADER_WARNINGS_MAX; i++) {
		const char *path = inquiry_misnamed(found->items[i]);
		char *text;

		if (!path)
			continue;
		if (asprintf(&text,
			    "needs %.*s, which its package has as %s: whoever loads it has to load "
			    "that first",
			    (int)(path - found->items[i]), found->items[i], path) < 0)
			return;
		(void)strv_take(&verdict->warnings, tracetext_fit(text, strlen(text)));
		free(text);
	}
}
